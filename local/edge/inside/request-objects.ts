import type { ReadableStream as HostReadable } from 'node:stream/web';
import type { Ask, Inside } from './inside.ts';

export interface HostHeaders {
  /** JSON array; undefined for a header that is not there. */
  readonly get: (name: string) => string | undefined;
  /** JSON: lower-case names, each with its values. */
  readonly all: () => string;
  readonly set: (name: string, values: readonly string[]) => void;
  readonly add: (name: string, values: readonly string[]) => void;
  readonly remove: (name: string) => void;
}

export interface HostBody {
  readonly text: Ask<readonly [], string>;
  readonly bytes: Ask<readonly [], Uint8Array>;
  readonly stream: () => HostReadable;
}

/** A visitor's request as one handler sees it: a member that the handler has not is not there. */
export interface HostRequest {
  /** JSON of `method`, `url`, `userLocation` and so on. */
  readonly facts: string;
  readonly headers: HostHeaders;
  readonly mutable: boolean;
  readonly getVariable: (name: string) => string | undefined;
  readonly setVariable?: (name: string, value: string) => void;
  readonly respondWith?: (status: number, headers: string, body: string) => void;
  readonly wasTerminated?: () => boolean;
  /** @param destination JSON */
  readonly route?: (destination: string) => void;
  readonly body?: HostBody;
}

export interface HostResponse {
  readonly headers: HostHeaders;
  readonly getStatus: () => number;
  readonly setStatus: (status: number) => void;
}

/** The objects that handlers get. */
export function insideRequestObjects(
  { asPromise, guard, copyIn }: Inside,
  wrapReadable: (stream: HostReadable) => object,
) {
  const valuesOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);
  const linesOf = (headers: unknown): string =>
    JSON.stringify(Object.entries(Object(headers ?? {})).map(([name, value]) => [name, valuesOf(value)]));
  const reading = (headers: HostHeaders) => ({
    getHeader: (name: unknown) => {
      const found = headers.get(String(name));
      return found === undefined ? undefined : JSON.parse(found);
    },
    getHeaders: () => JSON.parse(headers.all()),
  });
  const writing = (headers: HostHeaders) => ({
    setHeader: (name: unknown, value: unknown) => guard(() => headers.set(String(name), valuesOf(value))),
    addHeader: (name: unknown, value: unknown) => guard(() => headers.add(String(name), valuesOf(value))),
    removeHeader: (name: unknown) => headers.remove(String(name)),
  });
  const bodyOf = (body: HostBody) => {
    let stream: object | undefined;
    const text = asPromise(body.text);
    const bytes = asPromise(body.bytes);
    return {
      text: () => text(),
      json: async () => JSON.parse(await text()),
      arrayBuffer: async () => copyIn(await bytes()).buffer,
      get body() {
        stream ??= wrapReadable(body.stream());
        return stream;
      },
    };
  };
  const cacheKey = Object.fromEntries(
    [
      'excludeQueryString',
      'includeQueryString',
      'includeQueryArgument',
      'includeCookie',
      'includeHeader',
      'includeVariable',
    ].map(
      // There is no cache here.
      (name) => [name, () => undefined],
    ),
  );
  const makeRequest = (host: HostRequest): object => {
    const { setVariable, respondWith, wasTerminated, route, body } = host;
    const parts = [
      reading(host.headers),
      host.mutable ? { ...writing(host.headers), cacheKey } : {},
      { getVariable: (name: unknown) => host.getVariable(String(name)) },
      setVariable === undefined
        ? {}
        : { setVariable: (name: unknown, value: unknown) => guard(() => setVariable(String(name), String(value))) },
      respondWith === undefined
        ? {}
        : {
            respondWith: (status: unknown, headers: unknown, text: unknown) =>
              guard(() => respondWith(Number(status), linesOf(headers), String(text ?? ''))),
          },
      wasTerminated === undefined ? {} : { wasTerminated: () => wasTerminated() },
      route === undefined
        ? {}
        : { route: (destination: unknown) => guard(() => route(JSON.stringify(destination ?? {}))) },
      body === undefined ? {} : bodyOf(body),
    ];
    const request = JSON.parse(host.facts);
    for (const part of parts) Object.defineProperties(request, Object.getOwnPropertyDescriptors(part));
    return Object.freeze(request);
  };
  const makeResponse = (host: HostResponse): object =>
    Object.freeze(
      Object.defineProperties(
        { ...reading(host.headers), ...writing(host.headers) },
        {
          status: {
            get: host.getStatus,
            set: (status: unknown) => guard(() => host.setStatus(Number(status))),
            enumerable: true,
          },
        },
      ),
    );
  return { makeRequest, makeResponse };
}
