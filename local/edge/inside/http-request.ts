import type { ReadableStream as HostReadable } from 'node:stream/web';
import type { Ask, Inside } from './inside.ts';

/** The head of a sub-request's answer; its body may still be on the way. */
export interface HostAnswer {
  readonly status: number;
  /** JSON: lower-case names, each with its values. */
  readonly headers: string;
  readonly text: Ask<readonly [], string>;
  readonly stream: () => HostReadable;
}

export interface HostHttp {
  /** `options` is JSON: `{method?, headers?, timeout?}`, values as text. */
  readonly request: Ask<readonly [url: string, options: string, body: string | HostReadable | undefined], HostAnswer>;
}

export interface StreamsOfContext {
  readonly wrapReadable: (stream: HostReadable) => object;
  readonly hostReadable: (stream: unknown) => HostReadable | undefined;
}

/** Module `http-request`. */
export function insideHttpRequest(host: HostHttp, { asPromise }: Inside, streams: StreamsOfContext) {
  const ask = asPromise(host.request);
  class HttpResponse {
    readonly status: number;
    readonly ok: boolean;
    readonly #answer: HostAnswer;
    readonly #headers: Readonly<Record<string, string[]>>;
    #stream: object | undefined;
    #read = false;
    constructor(answer: HostAnswer) {
      this.status = answer.status;
      this.ok = answer.status >= 200 && answer.status < 300;
      this.#answer = answer;
      this.#headers = JSON.parse(answer.headers);
    }
    getHeader(name: unknown): string[] | undefined {
      const key = String(name).toLowerCase();
      return Object.hasOwn(this.#headers, key) ? this.#headers[key] : undefined;
    }
    getHeaders(): Readonly<Record<string, string[]>> {
      return this.#headers;
    }
    async text(): Promise<string> {
      if (this.#read) throw new TypeError('the body was read before');
      this.#read = true;
      return asPromise(this.#answer.text)();
    }
    async json(): Promise<unknown> {
      return JSON.parse(await this.text());
    }
    get body(): object {
      this.#read = true;
      this.#stream ??= streams.wrapReadable(this.#answer.stream());
      return this.#stream;
    }
  }
  const httpRequest = async (url: unknown, options: Readonly<Record<string, unknown>> = {}) => {
    const { method, headers, body, timeout } = Object(options);
    const lines = Object.entries(Object(headers ?? {})).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : [String(value)],
    ]);
    const stream = streams.hostReadable(body);
    const text = body === undefined || body === null || stream !== undefined ? undefined : String(body);
    const told = JSON.stringify({
      ...(method === undefined ? {} : { method: String(method) }),
      ...(timeout === undefined ? {} : { timeout: Number(timeout) }),
      headers: lines,
    });
    return new HttpResponse(await ask(String(url), told, stream ?? text));
  };
  return { httpRequest };
}
