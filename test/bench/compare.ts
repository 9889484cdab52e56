/** Makes one run ready, outside the timed part, and hands it over. */
export type Prepare = () => () => unknown;

/** One way of doing the same, and what its runs took; the same index is the same round of all that took part. */
export interface Contender {
  readonly prepare: Prepare;
  readonly ms: number[];
  /** Of this process alone, all threads of it: ClickHouse is another. */
  readonly cpuMs: number[];
}

export interface CompareOptions {
  /** Rounds that are thrown away first: compilation, caches, connections. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
}

export function contender(prepare: Prepare): Contender {
  return { prepare, ms: [], cpuMs: [] };
}

/**
 * Runs all once in every round and writes down what each took. In turn, so that a machine that grows slower slows all; the order changes
 * from round to round, so that nobody always pays for what the same other left behind.
 */
export async function compare(contenders: readonly Contender[], { warmUps, rounds }: CompareOptions): Promise<void> {
  for (let round = 0; round < warmUps + rounds; round++) {
    for (const { prepare, ms, cpuMs } of inOrderOf(round, contenders)) {
      const run = prepare();
      const cpu = process.cpuUsage();
      const started = performance.now();
      await run();
      const took = performance.now() - started;
      const { user, system } = process.cpuUsage(cpu);
      if (round < warmUps) continue;
      ms.push(took);
      cpuMs.push((user + system) / 1000);
    }
  }
}

/** Each begins as often as the others, and each pair runs in both orders. */
function inOrderOf<T>(round: number, all: readonly T[]): readonly T[] {
  const first = Math.floor(round / 2) % all.length;
  const turned = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
