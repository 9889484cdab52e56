import type {
  ReadableStream as HostReadable,
  TransformStream as HostTransform,
  WritableStream as HostWritable,
  ReadableStreamDefaultReader,
  WritableStreamDefaultWriter,
} from 'node:stream/web';
import type { Inside } from './inside.ts';

type Callback = (...args: unknown[]) => unknown;
type Members = Readonly<Record<string, unknown>>;

export interface HostStreams {
  readonly readable: (source: object, strategy: object) => HostReadable;
  readonly writable: (sink: object, strategy: object) => HostWritable;
  readonly transform: (transformer: object, writable: object, readable: object) => HostTransform;
  readonly encoder: () => { readonly readable: HostReadable; readonly writable: HostWritable };
  readonly decoder: (
    label: string,
    options: object,
  ) => { readonly readable: HostReadable; readonly writable: HostWritable };
  /** A promise of the host, to hand to its streams, and its ends. */
  readonly pending: () => {
    readonly promise: Promise<unknown>;
    readonly ok: (value: unknown) => void;
    readonly fail: (reason: unknown) => void;
  };
  /** Makes a callback that the host may call at any time: it enters the context, and its answer is a promise of the host. */
  readonly entering: (
    callback: (ok: (value: unknown) => void, fail: (reason: unknown) => void, args: unknown[]) => void,
  ) => Callback;
  /** Brings the end of a host's promise into the context. */
  readonly settle: (promise: Promise<unknown>, ok: (value: unknown) => void, fail: (reason: unknown) => void) => void;
}

/**
 * Modules `streams` and `text-encode-transform`: Node's streams behind classes of the context. Handed over bare, their promises would
 * be the host's, and what waits for those in a context is never woken. No byte readers (`mode: 'byob'`).
 */
export function insideStreams(host: HostStreams, { guard, copyIn }: Inside) {
  const readables = new WeakMap<object, HostReadable>();
  const writables = new WeakMap<object, HostWritable>();
  const bring = (value: unknown): unknown =>
    ArrayBuffer.isView(value) && !(Object(value) instanceof Object) ? copyIn(value) : value;
  const reasonIn = (reason: unknown): unknown =>
    typeof reason === 'object' && reason !== null && !(reason instanceof Object)
      ? new TypeError(String(Object(reason).message))
      : reason;
  const come = (promise: Promise<unknown>, read: (value: unknown) => unknown = bring): Promise<unknown> =>
    new Promise((resolve, reject) =>
      host.settle(
        promise,
        (value) => resolve(read(value)),
        (reason) => reject(reasonIn(reason)),
      ),
    );
  const outward = (owner: Members, name: string, ...before: unknown[]): Members => {
    const callback = owner[name];
    if (typeof callback !== 'function') return {};
    return {
      [name]: host.entering((ok, fail, args) => {
        const mine =
          before.length > 0 && args.length > 1 ? [bring(args[0]), ...before] : before.length > 0 ? before : args;
        new Promise((resolve) => resolve(Reflect.apply(callback, owner, mine))).then(ok, fail);
      }),
    };
  };
  /** `start` runs while the stream is made, with the controller that all callbacks share. */
  const starting = (owner: Members, controls: (controller: Members) => object) => {
    const started = host.pending();
    const control = {};
    return {
      control,
      start: (controller: Members) => {
        Object.defineProperties(control, Object.getOwnPropertyDescriptors(controls(controller)));
        return started.promise;
      },
      begin: () => {
        const { start } = owner;
        const answer = typeof start === 'function' ? Reflect.apply(start, owner, [control]) : undefined;
        Promise.resolve(answer).then(started.ok, started.fail);
      },
    };
  };
  const call = (target: Members, name: string, ...args: unknown[]) =>
    guard(() => {
      const method = target[name];
      if (typeof method === 'function') Reflect.apply(method, target, args);
    });
  const controls =
    (...names: string[]) =>
    (controller: Members) => ({
      get desiredSize() {
        return controller['desiredSize'];
      },
      ...Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => call(controller, name, ...args)])),
    });
  const strategyOf = (strategy: Members = {}): object => ({
    ...(strategy['highWaterMark'] === undefined ? {} : { highWaterMark: strategy['highWaterMark'] }),
    ...(typeof strategy['size'] === 'function' ? { size: strategy['size'] } : {}),
  });
  const inner = <T>(map: WeakMap<object, T>, stream: object): T => {
    const found = map.get(stream);
    if (found === undefined) throw new TypeError('expected a stream of the module streams');
    return found;
  };

  class Reader {
    readonly #reader: ReadableStreamDefaultReader;
    constructor(reader: ReadableStreamDefaultReader) {
      this.#reader = reader;
    }
    get closed() {
      return come(this.#reader.closed);
    }
    read() {
      return come(this.#reader.read(), (result) => {
        const { done, value } = Object(result);
        return { done, value: bring(value) };
      });
    }
    cancel(reason?: unknown) {
      return come(this.#reader.cancel(reason));
    }
    releaseLock() {
      guard(() => this.#reader.releaseLock());
    }
  }
  class ReadableStream {
    constructor(source: Members = {}, strategy: Members = {}) {
      const { control, start, begin } = starting(source, controls('enqueue', 'close', 'error'));
      const type = source['type'] === undefined ? {} : { type: source['type'] };
      const parts = { ...type, start, ...outward(source, 'pull', control), ...outward(source, 'cancel') };
      readables.set(
        this,
        guard(() => host.readable(parts, strategyOf(strategy))),
      );
      begin();
    }
    get locked() {
      return inner(readables, this).locked;
    }
    cancel(reason?: unknown) {
      return come(inner(readables, this).cancel(reason));
    }
    getReader(options: Members = {}) {
      if (options['mode'] !== undefined) throw new TypeError('byte readers (mode: byob) are not offered');
      return new Reader(guard(() => inner(readables, this).getReader()));
    }
    pipeTo(target: object, options: object = {}) {
      return come(inner(readables, this).pipeTo(inner(writables, target), options));
    }
    pipeThrough<T>(pair: { readonly readable: T; readonly writable: object }, options: object = {}): T {
      // As the standard says: where piping fails, the streams tell; its own promise is nobody's.
      this.pipeTo(pair.writable, options).catch(() => undefined);
      return pair.readable;
    }
    tee() {
      return guard(() => inner(readables, this).tee()).map(wrapReadable);
    }
  }
  class Writer {
    readonly #writer: WritableStreamDefaultWriter;
    constructor(writer: WritableStreamDefaultWriter) {
      this.#writer = writer;
    }
    get closed() {
      return come(this.#writer.closed);
    }
    get ready() {
      return come(this.#writer.ready);
    }
    get desiredSize() {
      return this.#writer.desiredSize;
    }
    write(chunk: unknown) {
      return come(this.#writer.write(chunk));
    }
    close() {
      return come(this.#writer.close());
    }
    abort(reason?: unknown) {
      return come(this.#writer.abort(reason));
    }
    releaseLock() {
      guard(() => this.#writer.releaseLock());
    }
  }
  class WritableStream {
    constructor(sink: Members = {}, strategy: Members = {}) {
      const { control, start, begin } = starting(sink, controls('error'));
      const parts = { start, ...outward(sink, 'write', control), ...outward(sink, 'close'), ...outward(sink, 'abort') };
      writables.set(
        this,
        guard(() => host.writable(parts, strategyOf(strategy))),
      );
      begin();
    }
    get locked() {
      return inner(writables, this).locked;
    }
    getWriter() {
      return new Writer(guard(() => inner(writables, this).getWriter()));
    }
    abort(reason?: unknown) {
      return come(inner(writables, this).abort(reason));
    }
    close() {
      return come(inner(writables, this).close());
    }
  }
  function wrapReadable(stream: HostReadable): ReadableStream {
    const wrapped = Object.create(ReadableStream.prototype);
    readables.set(wrapped, stream);
    return wrapped;
  }
  const wrapPair = (pair: { readonly readable: HostReadable; readonly writable: HostWritable }) => {
    const writable = Object.create(WritableStream.prototype);
    writables.set(writable, pair.writable);
    return { readable: wrapReadable(pair.readable), writable };
  };
  class TransformStream {
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    constructor(transformer: Members = {}, writableStrategy: Members = {}, readableStrategy: Members = {}) {
      const { control, start, begin } = starting(transformer, controls('enqueue', 'error', 'terminate'));
      const parts = { start, ...outward(transformer, 'transform', control), ...outward(transformer, 'flush', control) };
      const made = guard(() => host.transform(parts, strategyOf(writableStrategy), strategyOf(readableStrategy)));
      ({ readable: this.readable, writable: this.writable } = wrapPair(made));
      begin();
    }
  }
  class TextEncoderStream {
    readonly encoding = 'utf-8';
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    constructor() {
      ({ readable: this.readable, writable: this.writable } = wrapPair(host.encoder()));
    }
  }
  class TextDecoderStream {
    readonly readable: ReadableStream;
    readonly writable: WritableStream;
    constructor(label: unknown = 'utf-8', options: object = {}) {
      ({ readable: this.readable, writable: this.writable } = wrapPair(
        guard(() => host.decoder(String(label), options)),
      ));
    }
  }
  class ByteLengthQueuingStrategy {
    readonly highWaterMark: unknown;
    constructor(init: Members) {
      this.highWaterMark = init['highWaterMark'];
    }
    size(chunk: ArrayBufferView): number {
      return chunk.byteLength;
    }
  }
  class CountQueuingStrategy {
    readonly highWaterMark: unknown;
    constructor(init: Members) {
      this.highWaterMark = init['highWaterMark'];
    }
    size(): number {
      return 1;
    }
  }
  return {
    streams: { ReadableStream, WritableStream, TransformStream, ByteLengthQueuingStrategy, CountQueuingStrategy },
    textEncodeTransform: { TextEncoderStream, TextDecoderStream },
    wrapReadable,
    /** The host's stream behind one of the context; undefined for anything else. */
    hostReadable: (stream: unknown): HostReadable | undefined => readables.get(Object(stream)),
  };
}
