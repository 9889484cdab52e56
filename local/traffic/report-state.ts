import type { ReadyLine, Stack } from '../start-stack.ts';
import { countRefused, type Tally } from './tally.ts';

/** Rows as the ledger has them, over every batch there is. */
export interface LedgerSums {
  readonly stored: number;
  readonly quarantined: number;
  /** Declared and found nowhere. */
  readonly missing: number;
  readonly duplicates: number;
}

/** Reads the ledger as the reader of the ready line; undefined while ClickHouse does not answer. */
export async function readLedger(
  { clickhouse, clickhouseHeaders }: ReadyLine,
  database: string,
): Promise<LedgerSums | undefined> {
  const sums = ['stored', 'quarantined', 'missing', 'duplicates'].map((column) => `sum(${column})`);
  const query = `SELECT ${sums.join(', ')} FROM \`${database}\`.batches FORMAT TabSeparated`;
  try {
    const signal = AbortSignal.timeout(5000);
    const answer = await fetch(clickhouse, { method: 'POST', headers: clickhouseHeaders, body: query, signal });
    if (!answer.ok) return undefined;
    const [stored = 0, quarantined = 0, missing = 0, duplicates = 0] = (await answer.text()).split('\t').map(Number);
    return { stored, quarantined, missing, duplicates };
  } catch {
    return undefined;
  }
}

/** Events that were sent and are nowhere. Whoever sends has the only list that holds a batch of which nothing arrived. */
export function countMissing(tally: Tally, { stored, quarantined }: LedgerSums, before: LedgerSums): number {
  return tally.events - countRefused(tally) - (stored - before.stored) - (quarantined - before.quarantined);
}

/** One plain line of the pipeline's state. `missing` in it is the ledger's own figure: what is still on its way is not missing. */
export async function stateLine(
  { ready, edge, queue, metrics }: Stack,
  database: string,
  tally: Tally,
): Promise<string> {
  const [sums, { handlers }, token] = await Promise.all([
    readLedger(ready, database),
    edge.report(),
    tokenSeconds(ready),
  ]);
  const busiest = handlers.toSorted((a, b) => b.invocations - a.invocations)[0];
  const { p50, p99 } = busiest?.freshnessMs ?? {};
  const ms = (figure: number | undefined) => (figure === undefined ? '-' : `${Math.round(figure)} ms`);
  return [
    `events ${tally.events}`,
    `stored ${sums?.stored ?? '-'}`,
    `quarantined ${sums?.quarantined ?? '-'}`,
    `refused ${countRefused(tally)}`,
    `spooled ${metrics.get('BatchesSpooled') ?? 0} (waiting ${queue.waiting()})`,
    `missing ${sums?.missing ?? '-'}`,
    `freshness p50 ${ms(p50)} p99 ${ms(p99)}`,
    `token ${token ?? '-'} s`,
  ].join('  ');
}

async function tokenSeconds({ edgekvItem }: ReadyLine): Promise<number | undefined> {
  const item: unknown = await (await fetch(edgekvItem)).json();
  if (typeof item !== 'object' || item === null || !('exp' in item) || typeof item.exp !== 'number') return undefined;
  return Math.round(item.exp - Date.now() / 1000);
}
