import type { ReadableStream as HostReadable } from 'node:stream/web';
import type { Inside } from './inside.ts';

/** A response that a handler made, as the host reads it. */
export interface MadeResponse {
  /** JSON: `{status, headers: [name, values][]}`. */
  readonly head: string;
  readonly body: string | HostReadable;
}

/**
 * Module `create-response`, and the reader of what it makes.
 *
 * @param limits bytes
 * @param checkHead throws for headers that HTTP does not allow
 */
export function insideCreateResponse(
  hostReadable: (stream: unknown) => HostReadable | undefined,
  utf8Length: (text: string) => number,
  limits: { readonly body: number; readonly head: number },
  checkHead: (head: string) => void,
  { guard }: Inside,
) {
  const made = new WeakMap<object, MadeResponse>();
  type Options = Readonly<Record<string, unknown>>;
  const make = (status: unknown, headers: unknown, body: unknown): object => {
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599) {
      throw new RangeError(`createResponse: status ${String(status)}, expected an integer of 100 to 599`);
    }
    const lines = Object.entries(Object(headers ?? {})).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : [String(value)],
    ]);
    const head = JSON.stringify({ status, headers: lines });
    if (utf8Length(head) > limits.head) {
      throw new RangeError(
        `createResponse: ${utf8Length(head)} bytes of status and headers, expected at most ${limits.head}`,
      );
    }
    guard(() => checkHead(head));
    const stream = hostReadable(body);
    const text = body === undefined || body === null ? '' : String(body);
    if (stream === undefined && utf8Length(text) > limits.body) {
      throw new RangeError(
        `createResponse: a string body of ${utf8Length(text)} bytes, expected at most ${limits.body}`,
      );
    }
    const response = Object.freeze({});
    made.set(response, { head, body: stream ?? text });
    return response;
  };
  const createResponse = (first?: unknown, second?: unknown, third?: unknown): object => {
    if (typeof first === 'number') return make(first, second, third);
    const options: Options = Object(second ?? {});
    return make(options['status'] ?? 200, options['headers'], first ?? options['body']);
  };
  const readResponse = (response: unknown): MadeResponse => {
    const found = made.get(Object(response));
    if (found === undefined)
      throw new TypeError('responseProvider returned no response: expected what createResponse makes');
    return found;
  };
  return { createResponse, readResponse };
}
