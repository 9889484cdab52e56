import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { closeServer, listen } from '../listen.ts';
import { type Answered, createAnswerer, type Fault, type GatewayReason, type Route } from './answer-request.ts';
import { clientCertificateOf, type GatewayTls } from './client-certificate.ts';
import { type Answer, GATEWAY_ANSWERS } from './gateway-answer.ts';
import { readBody } from './read-body.ts';

export type { Route } from './answer-request.ts';
export type { Authorizer } from './authorizer.ts';

export interface GatewayOptions {
  readonly routes: readonly Route[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Asks every caller for a client certificate, as a domain with mutual TLS does; without a good one there is no connection. @default HTTP */
  readonly tls?: GatewayTls | undefined;
  /** One entry an answered request: the access log of the stage. @default no log */
  readonly onAccess?: (entry: AccessEntry) => void;
  /** What a function threw: callers only see a 500, as on AWS. @default forgotten */
  readonly onFault?: (fault: Fault) => void;
}

/** Never a header value, a query string or a byte of a body. What is no HTTP at all leaves no entry. */
export interface AccessEntry {
  /** Also the answer's `apigw-requestid` and the event's `requestContext.requestId`. */
  readonly requestId: string;
  /** Milliseconds since the epoch, when the head of the request was in. */
  readonly timeEpoch: number;
  readonly method: string;
  /** As sent, without the query string. */
  readonly path: string;
  /** Absent where no route took the request. */
  readonly routeKey?: string;
  readonly status: number;
  readonly responseBytes: number;
  /** Milliseconds. */
  readonly latencyMs: number;
  /** Absent where the integration's own answer went out. */
  readonly reason?: GatewayReason;
}

export interface Gateway {
  /** @returns the origin. @throws PortBusyError */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

/** Longer than clients keep idle connections, so that none is reused in the moment it is closed. */
const KEEP_ALIVE_MS = 75_000;
/** How long a caller that still sends is listened to, so that it can read why it was refused. */
const LINGER_MS = 1000;

/**
 * An API Gateway HTTP API on the loopback interface: stage `$default`, payload format 2.0, Lambda authorizers with
 * simple responses, a custom domain's mutual TLS, and the limits and opaque answers of the real one. Not emulated: throttling
 * (429), CORS, the headers that AWS adds (`x-forwarded-*`, `x-amzn-trace-id`).
 *
 * @throws RouteInvalidError, AuthorizerInvalidError for what API Gateway would not take
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { now } = options;
  const answerRequest = createAnswerer(options.routes, now);

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const timeEpoch = now();
    const requestId = newRequestId();
    const { method = '', url: target = '' } = request;
    const body = await readBody(request);
    if (body.kind === 'aborted') return;
    const answered: Answered =
      body.kind === 'tooLarge'
        ? { answer: GATEWAY_ANSWERS.tooLarge, reason: 'BODY_TOO_LARGE' }
        : await answerRequest(
            {
              method,
              target,
              httpVersion: request.httpVersion,
              rawHeaders: request.rawHeaders,
              remoteAddress: request.socket.remoteAddress ?? '',
              clientCertificate: clientCertificateOf(request.socket),
              body: body.body,
            },
            requestId,
          );
    if (body.kind === 'tooLarge') await sendAndHangUp(request, response, answered.answer, requestId);
    else send(response, answered.answer, requestId);
    if (answered.fault !== undefined) options.onFault?.(answered.fault);
    options.onAccess?.({
      requestId,
      timeEpoch,
      method,
      path: target.replace(/[?#].*$/s, ''),
      ...(answered.routeKey !== undefined && { routeKey: answered.routeKey }),
      status: answered.answer.status,
      responseBytes: answered.answer.body.byteLength,
      latencyMs: now() - timeEpoch,
      ...(answered.reason !== undefined && { reason: answered.reason }),
    });
  };

  const server = createGatewayServer(options.tls, serve);
  // Node would drop the headers after the 2,000th in silence; the bytes of the head are the gateway's only limit.
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('checkExpectation', serve);
  server.on('clientError', answerBrokenRequest);
  return { listen: (port) => listen(server, port), close: () => closeServer(server) };
}

function createGatewayServer(tls: GatewayTls | undefined, serve: RequestListener): Server | HttpsServer {
  // A missing Host is answered by the gateway, with a request id, and not by Node.
  const http = { requireHostHeader: false };
  if (tls === undefined) return createServer(http, serve);
  const { certificate: cert, privateKey: key, truststore: ca } = tls;
  // TLS_1_2 is the security policy of the domain; the newer version is a caller's choice.
  return createHttpsServer(
    { ...http, cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    serve,
  );
}

function send(response: ServerResponse, answer: Answer, requestId: string): void {
  writeHead(response, answer, requestId);
  response.end(answer.body);
}

/**
 * Answers before the request is in. Closing at once would reset the connection under a caller that still writes,
 * and the answer would be lost; so it goes out whole, what still comes is thrown away for a moment, then we close.
 */
async function sendAndHangUp(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  requestId: string,
): Promise<void> {
  response.setHeader('connection', 'close');
  writeHead(response, answer, requestId);
  response.write(answer.body);
  request.resume();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS);
    request.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  response.end();
}

function writeHead(response: ServerResponse, answer: Answer, requestId: string): void {
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  response.setHeader('apigw-requestid', requestId);
  // RFC 9110 §8.6: no length where no content is allowed.
  if (answer.status !== 204 && answer.status !== 304) response.setHeader('content-length', answer.body.byteLength);
  response.writeHead(answer.status);
}

/** What Node's parser gave up on: there is no request to answer, only a socket. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const answer = error.code === 'HPE_HEADER_OVERFLOW' ? GATEWAY_ANSWERS.headTooLarge : GATEWAY_ANSWERS.badRequest;
  const head = [
    `HTTP/1.1 ${answer.status} ${answer.status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    'content-type: application/json',
    `apigw-requestid: ${newRequestId()}`,
    `content-length: ${answer.body.byteLength}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${Buffer.from(answer.body).toString()}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** AWS's own look like `JKJaXmPLvHcESHA=`: 11 bytes in base64. */
function newRequestId(): string {
  return randomBytes(11).toString('base64');
}
