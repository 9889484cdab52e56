import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** Name, value, name, value …: duplicates and case reach the wire as given. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request on a connection of its own and reads the answer whole. */
export function sendRequest(origin: string, sent: Sent): Promise<Received> {
  const { hostname, port } = new URL(origin);
  const body = sent.body === undefined ? undefined : Buffer.from(sent.body);
  const length = body === undefined ? [] : ['content-length', String(body.byteLength)];
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      hostname,
      port,
      agent: new Agent(),
      method: sent.method ?? 'GET',
      path: sent.path ?? '/',
      headers: ['host', `127.0.0.1:${port}`, ...length, ...(sent.headers ?? [])],
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
      });
    });
    outgoing.end(body);
  });
}

/** Writes bytes to a bare socket and reads until the server closes it. */
export function sendBytes(origin: string, bytes: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(bytes);
  });
}
