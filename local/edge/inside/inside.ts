// Functions of this folder run inside a context: they are handed over as text, so each stands alone but for its arguments, and what it
// makes (promises, errors, arrays) is of the context. Hence `instanceof` holds in a bundle, and nothing of Node is within its reach.

/** A host function that answers later, by exactly one of the two; `reject` takes a message, for an error must be the context's own. */
export type Ask<A extends readonly unknown[], R> = (
  resolve: (answer: R) => void,
  reject: (message: string) => void,
  ...args: A
) => void;

/** What every inside part needs. */
export interface Inside {
  /** A host function as the context sees it: its answer is a promise of the context. */
  readonly asPromise: <A extends readonly unknown[], R>(ask: Ask<A, R>) => (...args: A) => Promise<R>;
  /** Calls a host function; what it throws becomes an error of the context. */
  readonly guard: <R>(run: () => R) => R;
  /** A copy in memory of the context: `instanceof Uint8Array` holds. */
  readonly copyIn: (bytes: ArrayBufferView) => Uint8Array<ArrayBuffer>;
  readonly start: StartHandler;
}

/** Calls a handler; what it returns goes through `read`, and what it throws is told as text. */
export type StartHandler = <T>(
  handler: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  read: (result: unknown) => T,
  done: (result: T) => void,
  failed: (message: string) => void,
) => void;

export function makeInside(): Inside {
  const tell = (error: unknown): string => {
    try {
      return String(error);
    } catch {
      return 'a value that cannot be told';
    }
  };
  return {
    asPromise:
      (ask) =>
      (...args) =>
        new Promise((resolve, reject) => ask(resolve, (message) => reject(new Error(message)), ...args)),
    guard: (run) => {
      try {
        return run();
      } catch (error) {
        if (error instanceof Error) throw error;
        const { name, message } = Object(error);
        if (name === 'TypeError') throw new TypeError(String(message));
        if (name === 'RangeError') throw new RangeError(String(message));
        throw new Error(String(message));
      }
    },
    copyIn: (bytes) => {
      const copy = new Uint8Array(bytes.byteLength);
      copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return copy;
    },
    start: (handler, args, read, done, failed) => {
      Promise.resolve()
        .then(() => handler(...args))
        // A reaction runs with the promises of the realm of its function: with `read` itself, a host function, it would leave the context.
        .then((result) => read(result))
        .then(
          (result) => done(result),
          (error) => failed(tell(error)),
        );
    },
  };
}
