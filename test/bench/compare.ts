/** Makes one run ready, outside the timed part, and hands it over. */
export type Contender = () => () => unknown;

/** Median durations of two ways of doing the same, in milliseconds. */
export interface Comparison {
  readonly ours: number;
  readonly baseline: number;
}

export interface CompareOptions {
  /** Pairs of runs that are thrown away first: compilation, caches, connections. */
  readonly warmUps: number;
  /** Pairs of runs that count. */
  readonly rounds: number;
}

/**
 * Runs both in turn and takes the median of each. In turn, so that a machine that grows slower slows both; the order swaps from round to
 * round, so that neither always pays for what the other left behind.
 */
export async function compare(ours: Contender, baseline: Contender, options: CompareOptions): Promise<Comparison> {
  const entrants = [
    { prepare: ours, durations: [] as number[] },
    { prepare: baseline, durations: [] as number[] },
  ] as const;
  for (let round = -options.warmUps; round < options.rounds; round++) {
    for (const { prepare, durations } of round % 2 === 0 ? entrants : entrants.toReversed()) {
      const run = prepare();
      const started = performance.now();
      await run();
      if (round >= 0) durations.push(performance.now() - started);
    }
  }
  return { ours: median(entrants[0].durations), baseline: median(entrants[1].durations) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('median of nothing: at least one round is needed');
  return (low + high) / 2;
}
