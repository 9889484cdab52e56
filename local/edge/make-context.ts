import { type Context, createContext, runInContext } from 'node:vm';
import { currentCall } from './handler-call.ts';
import { hostCrypto } from './host-crypto.ts';
import { hostEncoding } from './host-encoding.ts';
import { hostHttp } from './host-http.ts';
import { hostStreams } from './host-streams.ts';
import { insideCookies } from './inside/cookies.ts';
import { insideCreateResponse } from './inside/create-response.ts';
import { insideCrypto } from './inside/crypto.ts';
import { insideEncoding } from './inside/encoding.ts';
import { insideHttpRequest } from './inside/http-request.ts';
import { type Inside, makeInside } from './inside/inside.ts';
import { insideLog } from './inside/log.ts';
import { insideRequestObjects } from './inside/request-objects.ts';
import { insideStreams } from './inside/streams.ts';
import { takeGlobals } from './inside/take-globals.ts';
import { insideUrlSearchParams } from './inside/url-search-params.ts';
import { readMadeHead } from './made-head.ts';
import { RESPONSE_BODY_BYTES, RESPONSE_HEAD_BYTES } from './tier-limits.ts';

export interface EdgeContext {
  readonly context: Context;
  /** Modules that a bundle may import, each with its exports. */
  readonly modules: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly inside: Inside;
  readonly requestObjects: ReturnType<typeof insideRequestObjects>;
  readonly readResponse: ReturnType<typeof insideCreateResponse>['readResponse'];
}

/** A context with JavaScript's built-ins and Akamai's modules, and nothing else. */
export function makeContext(): EdgeContext {
  const context = createContext(Object.create(null), {
    // Promises wait for `Regions` to let them go on.
    microtaskMode: 'afterEvaluate',
    codeGeneration: { strings: false, wasm: false },
  });
  // Type stripping leaves plain JavaScript behind, so a function's text is what to run inside.
  const bring = <F extends (...args: never[]) => unknown>(part: F): F => runInContext(`(${part})`, context);

  bring(takeGlobals)(() => currentCall.getStore()?.now ?? Date.now());
  const inside = bring(makeInside)();
  const streams = bring(insideStreams)(hostStreams, inside);
  const { createResponse, readResponse } = bring(insideCreateResponse)(
    streams.hostReadable,
    Buffer.byteLength,
    { body: RESPONSE_BODY_BYTES, head: RESPONSE_HEAD_BYTES },
    readMadeHead,
    inside,
  );
  const meter = () => currentCall.getStore()?.meter;
  const log = (level: string, message: string, stack: string): void => meter()?.log(level, message, stack);
  return {
    context,
    modules: new Map<string, Readonly<Record<string, unknown>>>([
      ['http-request', bring(insideHttpRequest)(hostHttp, inside, streams)],
      ['log', bring(insideLog)(log, () => meter()?.tellsPlace === true)],
      ['crypto', bring(insideCrypto)(hostCrypto, inside)],
      ['encoding', bring(insideEncoding)(hostEncoding, inside)],
      ['cookies', bring(insideCookies)()],
      ['create-response', { createResponse }],
      ['url-search-params', { default: bring(insideUrlSearchParams)((text) => new URLSearchParams(text), inside) }],
      ['streams', streams.streams],
      ['text-encode-transform', streams.textEncodeTransform],
    ]),
    inside,
    requestObjects: bring(insideRequestObjects)(inside, streams.wrapReadable),
    readResponse,
  };
}
