import { request } from 'node:https';
import type { Emulator } from './emulator.ts';
import { requireLoopback } from './loopback.ts';

/** A call of an HTTP API that lies in the emulator. */
export interface ApiCall {
  /** The API's id, from the stack's outputs. */
  readonly apiId: string;
  /** @default 'GET' */
  readonly method?: string;
  /** With its leading slash and query; the stage is `$default` and has no part in it. */
  readonly path: string;
  /** Sent as they are; `Host` is the API's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case; a name that came twice is joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Milliseconds: API Gateway itself gives up after 30 s. */
const TIMEOUT_MS = 31_000;

/**
 * Calls an API through the emulator's one port: connects to 127.0.0.1 and names the API in `Host`, which `fetch`
 * does not allow, so this machine need not resolve `*.localhost`.
 *
 * @throws NotLoopbackError for another address; what the socket says when the emulator does not answer
 */
export function callApi({ endpoint, certificate }: Emulator, call: ApiCall): Promise<ApiAnswer> {
  const { hostname, port } = requireLoopback(endpoint);
  const headers = { ...call.headers, host: `${call.apiId}.execute-api.localhost:${port}` };
  // Node sends no length of its own for a method that usually has no body.
  const length = call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) };
  return new Promise((resolve, reject) => {
    const target = { host: hostname, port, method: call.method ?? 'GET', path: call.path };
    const tls = { ca: certificate, servername: 'localhost', agent: false };
    const sent = request({ ...target, ...tls, headers: { ...headers, ...length }, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const received = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(received), text });
      });
    });
    sent.once('timeout', () => sent.destroy(new Error(`The emulator did not answer within ${TIMEOUT_MS / 1000} s.`)));
    sent.once('error', reject);
    sent.end(call.body);
  });
}
