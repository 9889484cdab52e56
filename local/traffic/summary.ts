import type { HandlerReport } from '../edge/edge-options.ts';
import type { Stack } from '../start-stack.ts';
import { countMissing, type LedgerSums, readLedger } from './report-state.ts';
import { countRefused, type Tally } from './tally.ts';

export interface Summary {
  readonly text: string;
  /** Events that were sent and are nowhere. */
  readonly missing: number;
}

/** What became of everything that was sent, when the last of it has settled. @param before the ledger before the first was sent */
export async function summarize(
  { ready, edge, queue, metrics }: Stack,
  database: string,
  tally: Tally,
  before: LedgerSums,
  seconds: number,
): Promise<Summary> {
  const sums = await readLedger(ready, database);
  if (sums === undefined)
    return { text: 'ClickHouse does not answer: nothing can be said about missing rows.', missing: Number.NaN };
  const [stored, quarantined] = [sums.stored - before.stored, sums.quarantined - before.quarantined];
  const missing = countMissing(tally, sums, before);
  const { method, handlers } = await edge.report();
  const lines = [
    `after ${seconds.toFixed(1)} s: ${tally.events} events, ${Math.round((stored + quarantined) / seconds)} rows/s`,
    `stored ${stored}  quarantined ${quarantined}  refused ${countRefused(tally)}${listed(tally.refused)}`,
    `spooled ${metrics.get('BatchesSpooled') ?? 0}  waiting ${queue.waiting()}  for a person ${queue.dead()}`,
    `answers${listed(tally.answers)}`,
    ...tally.named.map((name) => `refused ${name}`),
    ...handlers.map(handlerLine),
    `(${method})`,
    `missing ${missing}  duplicates ${sums.duplicates - before.duplicates}`,
  ];
  return { text: lines.join('\n'), missing };
}

function handlerLine({
  handler,
  edgeWorkerId,
  invocations,
  failures,
  cpuMs,
  heapKb,
  subRequests,
  freshnessMs,
}: HandlerReport) {
  const figure = (value: number | undefined) => (value === undefined ? '-' : String(Math.round(value * 10) / 10));
  return [
    `${handler} of EdgeWorker ${edgeWorkerId}: ${invocations} calls${listed(new Map(Object.entries(failures)))}`,
    `cpu p50 ${figure(cpuMs.p50)} p99 ${figure(cpuMs.p99)} ms`,
    `heap p50 ${figure(heapKb.p50)} max ${figure(heapKb.max)} KB`,
    `sub-requests ${figure(subRequests.total / Math.max(1, invocations))} a call, most ${subRequests.maxPerInvocation}`,
    `freshness p50 ${figure(freshnessMs.p50)} p99 ${figure(freshnessMs.p99)} ms`,
  ].join('  ');
}

function listed(counts: ReadonlyMap<string | number, number>): string {
  if (counts.size === 0) return '';
  return ` (${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')})`;
}
