export interface SteadyWriter {
  /** Resolves when everything that has begun by now is answered. */
  caughtUp(): Promise<void>;
  /** Ends the pace. Resolves with what became of it all, when the last write is answered. */
  stop(): Promise<WriterReport>;
}

export interface WriterReport {
  /** How often which status was answered. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly writes: number;
  readonly seconds: number;
  /** Answered writes a second, from the first write to the last answer. */
  readonly perSecond: number;
  /** Milliseconds that the slowest answer took. */
  readonly slowestMs: number;
}

/** A machine that falls so many writes behind does not hold the pace; more of them at once would not help it. */
const MOST_UNDER_WAY = 10;

/**
 * Writes at an even pace, whether or not the writes before are answered; what a busy event loop made late is begun at the next tick.
 * A write that throws is a write of status 0.
 */
export function startSteadyWriter(write: () => Promise<number>, perSecond: number): SteadyWriter {
  const underWay = new Set<Promise<void>>();
  const statuses = new Map<number, number>();
  const started = performance.now();
  let begun = 0;
  let slowestMs = 0;

  async function writeOne(): Promise<void> {
    const at = performance.now();
    const status = await write().catch(() => 0);
    slowestMs = Math.max(slowestMs, performance.now() - at);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  function begin(): void {
    begun++;
    const writing: Promise<void> = writeOne().finally(() => underWay.delete(writing));
    underWay.add(writing);
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
    while (begun < due && underWay.size < MOST_UNDER_WAY) begin();
  }, 1000 / perSecond);

  async function caughtUp(): Promise<void> {
    await Promise.all(underWay);
  }

  return {
    caughtUp,
    async stop() {
      clearInterval(timer);
      await caughtUp();
      const seconds = (performance.now() - started) / 1000;
      return { statuses, writes: begun, seconds, perSecond: begun / seconds, slowestMs };
    },
  };
}
