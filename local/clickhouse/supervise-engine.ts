import { setTimeout } from 'node:timers/promises';
import type { EngineOptions } from './engine-options.ts';
import { type Engine, startEngine } from './start-engine.ts';

/** An embedded ClickHouse that comes back when its process ends, at the same URL and with the same data and accounts. */
export interface SupervisedEngine {
  /** Origin, `http://127.0.0.1:port`; the same for life. */
  readonly url: string;
  /** Of the process that answers now; undefined while there is none. */
  pid(): number | undefined;
  /** Ends it for good, also while it is being started again. Resolves when no process is left. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Starts the embedded ClickHouse, and starts it again whenever its process ends without `stop()`: after 0.5 s, then after
 * pauses that double to 5 s for as long as starting fails.
 *
 * @param say tells a person that it ended, came back or would not start
 * @throws EngineStartError where the first start fails
 */
export async function superviseEngine(
  options: EngineOptions,
  say: (message: string) => void,
): Promise<SupervisedEngine> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const first = await startEngine(options, signal);
  const port = Number(new URL(first.url).port);
  let current: Engine | undefined = first;
  const supervision = supervise(first);

  async function supervise(engine: Engine): Promise<void> {
    for (let running: Engine | undefined = engine; running !== undefined; ) {
      current = running;
      await running.ended;
      current = undefined;
      // What cannot be removed now is removed by the next start.
      await running.removeScratch().catch(() => undefined);
      if (signal.aborted) return;
      say('The embedded ClickHouse ended without being asked to; it is started again.');
      running = await startAgain();
      if (running !== undefined && !signal.aborted) say('The embedded ClickHouse is back.');
    }
  }

  /** Resolves with nothing when it is to stop. */
  async function startAgain(): Promise<Engine | undefined> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await setTimeout(pause, undefined, { signal });
        return await startEngine({ ...options, port }, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        const reason = error instanceof Error ? error.message : 'no error object';
        say(`The embedded ClickHouse could not be started again, another attempt follows: ${reason}`);
      }
    }
  }

  return {
    url: first.url,
    pid: () => current?.pid,
    async stop() {
      stopping.abort();
      await supervision;
    },
  };
}
