import { createHash, createHmac, randomFillSync } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { type Context, createContext, runInContext } from 'node:vm';
import { transformSync } from 'esbuild';
import { takeGlobals } from '../../../local/edge/inside/take-globals.ts';

/** An answer to a sub-request, and when its parts are there, milliseconds from the asking. */
export interface SubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: no head comes. */
  readonly headMs: number | undefined;
  /** Undefined: the body breaks off at `endMs`. */
  readonly body: string | undefined;
  /** The end of the body, or the moment of a cut without head. */
  readonly endMs: number;
}

export interface SubRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** One handler call, as the platform sees it. */
export interface PlatformCall {
  /** Of the frozen clock. */
  readonly edgeMs: number;
  /** @param elapsedMs since the call began */
  readonly answer: (request: SubRequest, elapsedMs: number) => SubAnswer;
  readonly logged: string[];
  /** What the platform would have refused, or what no bundle of ours may do. */
  readonly breaches: string[];
}

/** What `createResponse` made. */
export interface MadeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Handlers = Readonly<Record<string, (...args: unknown[]) => unknown>>;
type Maker = (require: (name: string) => object, module: { exports: Handlers }) => void;

/** Akamai's limit of a sub-request on the Basic tier; also of one that names no timeout. */
const WALL_MS = 4_000;

/**
 * Akamai's modules, as its documents describe them, around a built bundle in this process. Nothing waits in real time: a sub-request is
 * answered at once, and the call is told how late that is.
 */
export class ChaosPlatform {
  readonly #context: Context;
  readonly #modules: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly #makers = new Map<string, Maker>();
  #call: PlatformCall | undefined;
  #elapsedMs = 0;
  #underWay = 0;

  constructor() {
    this.#context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
    const bring = runInContext(`(${takeGlobals})`, this.#context);
    bring(() => this.#call?.edgeMs ?? 0);
    this.#modules = this.#exports();
  }

  /**
   * A new context of an EdgeWorker: its module-level state is empty. The bundle runs as a function that esbuild makes of it, since a module
   * is compiled anew (5 ms) each time.
   */
  load(mainJs: string): Handlers {
    const make = this.#makers.get(mainJs) ?? this.#compile(mainJs);
    this.#makers.set(mainJs, make);
    const module = { exports: {} };
    make((name) => {
      const exported = this.#modules[name];
      if (exported === undefined) throw new Error(`${name} is not one of ${Object.keys(this.#modules).join(', ')}`);
      return exported;
    }, module);
    return module.exports;
  }

  /**
   * Runs a handler, and then whatever it left behind.
   *
   * @param over called when the handler is done, as the visitor's request sees it
   */
  async run(
    call: PlatformCall,
    handler: () => unknown,
    over: () => void,
  ): Promise<{ readonly returned: unknown; readonly visitorMs: number; readonly elapsedMs: number }> {
    this.#call = call;
    this.#elapsedMs = 0;
    this.#underWay = 0;
    const result = handler();
    // Nobody waits for what is no promise.
    if (result === undefined) over();
    const returned = await result;
    const visitorMs = this.#elapsedMs;
    over();
    // All that a fake answers is there at once, so this ends every chain of promises.
    await setImmediate();
    if (this.#underWay > 0) call.breaches.push('a sub-request is under way after its time');
    return { returned, visitorMs, elapsedMs: this.#elapsedMs };
  }

  #compile(mainJs: string): Maker {
    const { code } = transformSync(mainJs, { format: 'cjs', target: 'es2022', logLevel: 'silent' });
    return runInContext(`(function (require, module) { ${code}\n})`, this.#context, { filename: 'main.js' });
  }

  #exports(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    const utf8 = new TextEncoder();
    const bytesOf = (data: ArrayBufferView): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const copy = (bytes: Buffer): ArrayBuffer => Uint8Array.from(bytes).buffer;
    const keys = new WeakMap<object, Buffer>();
    const warn = (format: string, ...values: unknown[]): void => {
      this.#call?.logged.push(format.replace(/%s/g, () => String(values.shift())));
    };
    return {
      'http-request': { httpRequest: (url: string, options: object) => this.#ask(url, options) },
      crypto: {
        crypto: {
          getRandomValues: (array: Uint8Array) => randomFillSync(array),
          subtle: {
            digest: async (_name: string, data: Uint8Array) => copy(createHash('sha256').update(data).digest()),
            importKey: async (_format: string, data: Uint8Array, _algorithm: object, extractable: boolean) => {
              if (extractable) throw new TypeError('importKey: extractable must be false');
              const key = {};
              keys.set(key, Buffer.from(bytesOf(data)));
              return key;
            },
            sign: async (_name: string, key: object, data: Uint8Array) =>
              copy(
                createHmac('sha256', keys.get(key) ?? '')
                  .update(data)
                  .digest(),
              ),
          },
        },
      },
      encoding: {
        TextEncoder: class {
          encode(text: string): Uint8Array {
            return utf8.encode(text);
          }
        },
        atob,
        btoa,
      },
      log: { logger: { warn, error: warn, info: warn, log: warn, debug: warn, trace: warn } },
      'create-response': { createResponse: (...args: [number, Record<string, string>, string]) => this.#made(...args) },
    };
  }

  #made(status: number, headers: Readonly<Record<string, string>>, body: string): MadeAnswer {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    if (Buffer.byteLength(body) > 100_000) throw new RangeError('createResponse: a body over 100,000 bytes');
    return { status, headers, body };
  }

  /** Sub-requests of one call follow each other here, so their times add up; two at once would be a breach. */
  async #ask(url: string, asked: object): Promise<object> {
    const call = this.#call;
    if (call === undefined) throw new Error('no handler runs');
    const {
      method = 'GET',
      headers = {},
      body,
      timeout = WALL_MS,
    } = asked as Partial<SubRequest> & { timeout?: number };
    this.#underWay += 1;
    if (this.#underWay > 1) call.breaches.push('two sub-requests at once');
    if (timeout > WALL_MS) call.breaches.push(`a timeout of ${timeout} ms`);
    for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
    const began = this.#elapsedMs;
    const answer = call.answer({ url, method, headers, body }, began);
    const until = (ms: number): boolean => {
      this.#elapsedMs = began + Math.min(ms, timeout);
      return ms <= timeout;
    };
    const end = (): void => {
      this.#underWay -= 1;
    };
    const late = (): Error => new Error(`subrequest to URL ${url} timed out`);
    if (answer.headMs === undefined || !until(answer.headMs)) {
      until(answer.headMs ?? answer.endMs);
      end();
      throw late();
    }
    // Of a body that nobody reads the end is nobody's.
    end();
    return {
      status: answer.status,
      ok: answer.status >= 200 && answer.status < 300,
      getHeader: (name: string) => {
        const value = answer.headers[name.toLowerCase()];
        return value === undefined ? null : [value];
      },
      text: async () => {
        if (!until(answer.endMs) || answer.body === undefined) throw late();
        return answer.body;
      },
    };
  }
}
