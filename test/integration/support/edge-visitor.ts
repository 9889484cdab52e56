import { type Agent, request } from 'node:http';

export interface Visit {
  readonly method?: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer as it lay on the wire. */
export interface Seen {
  readonly status: number;
  readonly reason: string;
  /** Lines in their order and case, without what belongs to one connection, and without Date. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface TimedSeen extends Seen {
  /** Milliseconds until the last byte was there. */
  readonly elapsedMs: number;
}

/** RFC 9110 §7.6.1, and Date, which each server sets for itself. */
const NOT_OF_THE_MESSAGE = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** Asks for a page and resolves with its last byte. Adds nothing but a Content-Length. */
export function visit(
  origin: string,
  { method = 'GET', target, headers = {}, body }: Visit,
  agent?: Agent,
): Promise<TimedSeen> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const since = performance.now();
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const options = { hostname, port, method, path: target, headers: { ...headers, ...length } };
    const sent = request({ ...options, ...(agent === undefined ? {} : { agent }) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          reason: answer.statusMessage ?? '',
          headers: messageHeaders(answer.rawHeaders),
          body: Buffer.concat(chunks),
          elapsedMs: performance.now() - since,
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Everything that a visitor can tell two answers apart by, but for the time. */
export function visible({ status, reason, headers, body }: Seen) {
  return { status, reason, headers, body: body.toString('base64') };
}

/** The value of a header that comes once. */
export function headerOf({ headers }: Seen, name: string): string | undefined {
  return headers.find(([line]) => line.toLowerCase() === name)?.[1];
}

function messageHeaders(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw
    .flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []))
    .filter(([name]) => !NOT_OF_THE_MESSAGE.has(name.toLowerCase()));
}
