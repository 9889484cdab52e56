import type { Answer } from './answer.ts';
import type { HandlerName } from './edge-options.ts';
import { enterCurrent } from './enter-current.ts';
import type { Exchange } from './exchange.ts';
import { HeaderList } from './header-list.ts';
import { streamOf } from './host-streams.ts';
import type { HostBody, HostHeaders, HostRequest, HostResponse } from './inside/request-objects.ts';
import { readBody } from './read-body.ts';
import { BODY_STREAM_BYTES, RESPOND_WITH_CHARS } from './tier-limits.ts';

/** What a handler said with `respondWith`, as text of the context. */
export interface RespondedWith {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
}

/** What a handler has done to a request so far. */
export interface RequestChanges {
  respondedWith?: RespondedWith;
  path?: string;
  query?: string;
}

/** The request as an inline handler gets it: its headers may be changed on the way in, and where it goes by the first handler only. */
export function inlineRequest(exchange: Exchange, changes: RequestChanges, handler: HandlerName): HostRequest {
  const { variables } = exchange;
  return {
    facts: factsOf(exchange),
    headers: hostHeaders(exchange.headers),
    mutable: handler === 'onClientRequest' || handler === 'onOriginRequest',
    getVariable: (name) => variables.get(name),
    setVariable: (name, value) => variables.set(name, value),
    respondWith: (status, headers, body) => {
      checkStatus(status);
      if (body.length > RESPOND_WITH_CHARS) {
        throw new RangeError(
          `respondWith: a body of ${body.length} characters, expected at most ${RESPOND_WITH_CHARS}`,
        );
      }
      changes.respondedWith = { status, headers: HeaderList.of(JSON.parse(headers)), body };
    },
    wasTerminated: () => changes.respondedWith !== undefined,
    ...(handler === 'onClientRequest' ? { route: (destination: string) => route(destination, changes) } : {}),
  };
}

/** The request as `responseProvider` gets it. @param memoryBytes of the tier: no larger body can be read whole */
export function providerRequest(exchange: Exchange, memoryBytes: number): HostRequest {
  const { variables, message } = exchange;
  const whole = (): Promise<Buffer> => readBody(message, memoryBytes);
  const body: HostBody = {
    text: (resolve, reject) => settle(whole(), (bytes) => resolve(bytes.toString('utf8')), reject),
    bytes: (resolve, reject) => settle(whole(), resolve, reject),
    stream: () => streamOf(() => readBody(message, BODY_STREAM_BYTES)),
  };
  return {
    facts: factsOf(exchange),
    headers: hostHeaders(exchange.headers),
    mutable: false,
    getVariable: (name) => variables.get(name),
    body,
  };
}

/** The answer as `onClientResponse` gets it: what it changes is what goes out. */
export function clientResponse(answer: Answer): HostResponse {
  return {
    headers: hostHeaders(answer.headers),
    getStatus: () => answer.status,
    setStatus: (status) => {
      checkStatus(status);
      answer.status = status;
    },
  };
}

function factsOf({ method, url, path, query, host, visitor }: Exchange): string {
  return JSON.stringify({ method, url, path, query, host, scheme: 'http', ...visitor });
}

function hostHeaders(headers: HeaderList): HostHeaders {
  return {
    get: (name) => {
      const values = headers.get(name);
      return values === undefined ? undefined : JSON.stringify(values);
    },
    all: () => JSON.stringify(headers.all()),
    set: (name, values) => headers.set(name, values),
    add: (name, values) => headers.add(name, values),
    remove: (name) => headers.remove(name),
  };
}

function route(text: string, changes: RequestChanges): void {
  const destination: unknown = JSON.parse(text);
  const { origin, path, query } = { origin: undefined, path: undefined, query: undefined, ...Object(destination) };
  if (origin !== undefined) throw new TypeError('route: origins are not offered by the local edge');
  if (path !== undefined) changes.path = String(path);
  if (query !== undefined) changes.query = String(query);
}

function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`status ${status}: expected an integer of 200 to 599`);
  }
}

function settle(bytes: Promise<Buffer>, resolve: (bytes: Buffer) => void, reject: (message: string) => void): void {
  const enter = enterCurrent();
  bytes.then(
    (value) => enter(() => resolve(value)),
    (error) => enter(() => reject(error instanceof Error ? error.message : String(error))),
  );
}
