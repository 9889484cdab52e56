/** Makes one run ready, outside the timed part, and hands it over. */
export type Contender = () => () => unknown;

/** Durations of two ways of doing the same, in milliseconds: medians, and what all but one of a hundred runs stay below. */
export interface Comparison {
  readonly ours: number;
  readonly baseline: number;
  readonly oursP99: number;
  readonly baselineP99: number;
}

export interface CompareOptions {
  /** Pairs of runs that are thrown away first: compilation, caches, connections. */
  readonly warmUps: number;
  /** Pairs of runs that count. */
  readonly rounds: number;
}

/**
 * Runs both in turn and takes median and 99th percentile of each. In turn, so that a machine that grows slower slows both; the order swaps from round to
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
  const [mine, other] = [entrants[0].durations, entrants[1].durations];
  return { ours: median(mine), baseline: median(other), oursP99: p99(mine), baselineP99: p99(other) };
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('median of nothing: at least one round is needed');
  return (low + high) / 2;
}
