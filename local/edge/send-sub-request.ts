import { Agent, type ClientRequest, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { OriginTls } from './edge-options.ts';
import { HeaderList } from './header-list.ts';
import { SUB_REQUEST_HEADER_BYTES } from './tier-limits.ts';

export interface OutgoingSubRequest {
  readonly origin: string;
  /** For an origin of `https` that asks for a client certificate. */
  readonly originTls?: OriginTls | undefined;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly string[];
  readonly body: string | ReadableStream | undefined;
  /** Bytes of the answer's body. */
  readonly limitBytes: number;
}

export interface SubRequestEvents {
  readonly head: (status: number, headers: HeaderList) => void;
  /** The last event of a sub-request that had a head. */
  readonly end: (body: Buffer) => void;
  /** The last event. @param message without values of headers or bodies */
  readonly failed: (message: string) => void;
}

/** Sends sub-requests to the origins of properties; keeps their connections. */
export class SubRequestSender {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #publicTlsAgent = new TlsAgent({ keepAlive: true });
  /** By origin: one property stands before each. */
  readonly #tlsAgents = new Map<string, TlsAgent>();

  /** @returns a function that gives the sub-request up: no event comes after it */
  send(outgoing: OutgoingSubRequest, events: SubRequestEvents): () => void {
    let over = false;
    const once = (event: () => void): void => {
      if (over) return;
      over = true;
      event();
    };
    const { agent, request } = this.#transport(outgoing);
    const sent = request(`${outgoing.origin}${outgoing.path}`, {
      agent,
      method: outgoing.method,
      // Room to see that an answer is over Akamai's 8 KB, instead of Node's own error.
      maxHeaderSize: 4 * SUB_REQUEST_HEADER_BYTES,
    });
    for (const [name, values] of Object.entries(new HeaderList(outgoing.headers).all())) sent.setHeader(name, values);
    const fail = (message: string): void => {
      once(() => events.failed(message));
      sent.destroy();
    };
    sent.on('error', (error: NodeJS.ErrnoException) => fail(`failed: ${error.code ?? error.message}`));
    sent.on('response', (answer) => {
      if (over) return;
      const headers = new HeaderList(answer.rawHeaders);
      if (headers.bytes() > SUB_REQUEST_HEADER_BYTES) {
        fail(`answered with ${headers.bytes()} bytes of headers, expected at most ${SUB_REQUEST_HEADER_BYTES}`);
        return;
      }
      events.head(answer.statusCode ?? 0, headers);
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes > outgoing.limitBytes) fail(`answered with more than ${outgoing.limitBytes} bytes`);
        else chunks.push(chunk);
      });
      answer.on('error', () => fail('failed: the answer broke off'));
      answer.on('end', () => once(() => events.end(Buffer.concat(chunks, bytes))));
    });
    sendBody(sent, outgoing.body, fail);
    return () => {
      over = true;
      sent.destroy();
    };
  }

  close(): void {
    this.#agent.destroy();
    this.#publicTlsAgent.destroy();
    for (const agent of this.#tlsAgents.values()) agent.destroy();
  }

  #transport({ origin, originTls }: OutgoingSubRequest) {
    if (originTls === undefined) {
      return origin.startsWith('https:')
        ? { agent: this.#publicTlsAgent, request: requestTls }
        : { agent: this.#agent, request: requestPlain };
    }
    const { certificate: cert, privateKey: key, authorities: ca } = originTls;
    const agent = this.#tlsAgents.get(origin) ?? new TlsAgent({ keepAlive: true, cert, key, ca });
    this.#tlsAgents.set(origin, agent);
    return { agent, request: requestTls };
  }
}

function sendBody(sent: ClientRequest, body: OutgoingSubRequest['body'], fail: (message: string) => void): void {
  if (body === undefined || typeof body === 'string') {
    const bytes = Buffer.from(body ?? '');
    if (body !== undefined || sent.method === 'POST') sent.setHeader('content-length', bytes.byteLength);
    sent.end(bytes);
    return;
  }
  Readable.fromWeb(body)
    .on('error', () => fail('failed: its body broke off'))
    .pipe(sent);
}
