import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'node:vm';
import type { CallMeter } from './handler-meter.ts';
import type { Regions } from './regions.ts';
import type { SubRequests } from './sub-requests.ts';

/**
 * The call whose code runs: V8 keeps it with each promise, also inside contexts, so that a continuation finds the call that it belongs
 * to even where several calls wait for one promise of a module.
 */
export const currentCall = new AsyncLocalStorage<HandlerCall | undefined>();

export interface CallOptions {
  readonly context: Context;
  readonly regions: Regions;
  readonly meter: CallMeter;
  readonly subRequests: SubRequests;
  readonly wallMs: number;
  /** How long un-awaited work may go on after the end. */
  readonly afterMs: number;
  /** How many answers of sub-requests it hears after the end; undefined: all that come in time. */
  readonly hears?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One call of a handler, from its start until the last answer that its un-awaited promises may get. */
export class HandlerCall {
  readonly #options: CallOptions;
  #deadline: number;
  /** Settles when code of the call ran into the wall limit without ever waiting. */
  readonly cut: Promise<void>;
  readonly #onCut: () => void;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#deadline = performance.now() + options.wallMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.cut = promise;
    this.#onCut = resolve;
  }

  /** The frozen clock: milliseconds since the epoch. */
  get now(): number {
    return this.#options.now;
  }

  get meter(): CallMeter {
    return this.#options.meter;
  }

  get subRequests(): SubRequests {
    return this.#options.subRequests;
  }

  /** Milliseconds until its limit. */
  leftMs(): number {
    return this.#deadline - performance.now();
  }

  /** @returns says that the host's answer is there */
  expectAnswer(): () => void {
    return this.#options.regions.expectAnswer();
  }

  /** Runs code of the context for this call. @returns false, and nothing runs, once its time is over */
  enter(run: () => void): boolean {
    const { context, regions, meter } = this.#options;
    const limitMs = this.leftMs();
    if (limitMs <= 0) return false;
    regions.run({ context, enter: run, limitMs, measured: meter.used, cut: () => this.#wasCut() });
    return true;
  }

  /** The handler is done; what it did not wait for goes on. */
  ended(): void {
    this.#deadline = performance.now() + this.#options.afterMs;
    this.#options.subRequests.ended({
      hears: this.#options.hears,
      // Nothing of it runs again. What it has sent stays on its way.
      deaf: () => {
        this.#deadline = Number.NEGATIVE_INFINITY;
      },
    });
  }

  /** Nothing of the call goes on. */
  close(): void {
    this.#deadline = Number.NEGATIVE_INFINITY;
    this.#options.subRequests.close();
  }

  #wasCut(): void {
    // What the watchdog ends skips the code that would restore this.
    currentCall.enterWith(undefined);
    this.close();
    this.#onCut();
  }
}
