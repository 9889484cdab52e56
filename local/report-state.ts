import type { ReadyLine } from './start-stack.ts';
import type { TrafficCounts } from './traffic.ts';

/** One plain line of the pipeline's state. `missing` is the ledger's own figure, over every batch there is. */
export function stateLine(counts: TrafficCounts, missing: string, tokenSeconds: number | undefined): string {
  const { events, stored, quarantined, refused, freshnessMs } = counts;
  const sorted = [...freshnessMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? '-';
  return (
    `events ${events}  stored ${stored}  quarantined ${quarantined}  refused ${refused}  missing ${missing}  ` +
    `freshness p50 ${at(0.5)} ms p99 ${at(0.99)} ms  token ${tokenSeconds ?? '-'} s`
  );
}

/** Rows that the ledger knows as declared and finds nowhere, read as the reader of the ready line. */
export async function readMissing({ clickhouse, clickhouseHeaders }: ReadyLine, database: string): Promise<string> {
  const query = `SELECT sum(missing) FROM \`${database}\`.batches FORMAT TabSeparated`;
  const answer = await fetch(clickhouse, { method: 'POST', headers: clickhouseHeaders, body: query });
  return answer.ok ? (await answer.text()).trim() : 'unknown';
}
