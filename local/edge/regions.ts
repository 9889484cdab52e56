import { types } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { type Context, createContext, Script } from 'node:vm';

/** One entry into a context: what a handler call does until it waits again. */
export interface Region {
  readonly context: Context;
  /** Calls functions of the context; what they await runs before the region ends. */
  readonly enter: () => void;
  /** Longest that the region may run, milliseconds. */
  readonly limitMs: number;
  /** @param ms that it ran; @param bytes that it allocated, 0 where garbage was collected meanwhile */
  readonly measured: (ms: number, bytes: number) => void;
  /** The limit has passed, and what ran is gone: no promise of it settles. */
  readonly cut: () => void;
}

/**
 * On virtual machines the clock of a thread's processor time moves in steps of 0.1 to 4 ms (measured). Most regions take less: for those
 * the time is taken for which they held the thread.
 */
const CLOCK_STEP_MS = 4;

/**
 * Runs code of EdgeWorkers in measured stretches. A context with `microtaskMode: 'afterEvaluate'` runs nothing between them, so a
 * stretch belongs to one handler call alone.
 */
export class Regions {
  // A script's timeout starts a thread (85 µs, measured), so one serves all regions that are due; draining alone takes 1 µs.
  readonly #box: Context = createContext({ runDue: () => this.#runDue() });
  readonly #watched = new Script('runDue()');
  readonly #drain = new Script('0');
  readonly #due: Region[] = [];
  #awaited = 0;
  #running: { readonly region: Region; readonly since: number } | undefined;

  /** Host work that some context waits for. */
  get awaited(): number {
    return this.#awaited;
  }

  /** @returns says that the host's answer is there, or never comes */
  expectAnswer(): () => void {
    this.#awaited += 1;
    let there = false;
    return () => {
      if (!there) this.#awaited -= 1;
      there = true;
    };
  }

  /** Soon: all that came in with one turn of the event loop runs at its end. From inside a region: at once, as part of it. */
  run(region: Region): void {
    if (this.#running !== undefined) {
      region.enter();
      return;
    }
    this.#due.push(region);
    if (this.#due.length === 1) setImmediate(() => this.#runWatched());
  }

  #runWatched(): void {
    while (this.#due.length > 0) {
      const timeout = Math.ceil(Math.max(1, ...this.#due.map(({ limitMs }) => limitMs)));
      try {
        this.#watched.runInContext(this.#box, { timeout });
      } catch (error) {
        const cut = this.#running;
        this.#running = undefined;
        if (!isTimeout(error)) throw error;
        // Between two regions: those that are due still run.
        if (cut === undefined) continue;
        cut.region.measured(performance.now() - cut.since, 0);
        cut.region.cut();
      }
    }
  }

  #runDue(): void {
    for (let [region] = this.#due; region !== undefined; [region] = this.#due) {
      const heap = getHeapStatistics().used_heap_size;
      const used = threadMs();
      const since = performance.now();
      this.#running = { region, since };
      // Only now: the watchdog may strike between any two steps, and then knows whom it has cut.
      this.#due.shift();
      region.enter();
      this.#drain.runInContext(region.context);
      this.#running = undefined;
      const held = performance.now() - since;
      // While a busy machine gives the processor to others, the thread's own clock stands still.
      const ms = Math.min(held, threadMs() - used + CLOCK_STEP_MS);
      region.measured(ms, Math.max(0, getHeapStatistics().used_heap_size - heap));
    }
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function isTimeout(error: unknown): boolean {
  // The error is of the box: no `instanceof Error`.
  return types.isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
