import type { Config } from '../../config/schema.ts';
import type { BatchLedger, BatchStore, LedgerFault } from '../ingest/batch-store.ts';
import { spoolName } from '../ingest/spool-object.ts';
import type { BatchSpool } from '../shared/batch-spool.ts';
import type { Clock } from '../shared/clock.ts';
import { deduplicationKey } from '../shared/deduplication-key.ts';
import { describeFault } from '../shared/describe-fault.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import { patience } from './patience.ts';

/** What a schedule hands to the replay function, so that it counts instead of replaying. */
export const COUNT_LEDGER = { count: 'ledger' } as const;

/** Whether an event is that of the schedule. A delivery of the queue has records and no `count`. */
export function isLedgerCount(event: object): event is typeof COUNT_LEDGER {
  return 'count' in event && event.count === COUNT_LEDGER.count;
}

export interface CountLedgerDependencies {
  readonly streams: Config['streams'];
  readonly store: BatchLedger & Pick<BatchStore, 'ledger'>;
  readonly spool: Pick<BatchSpool, 'read'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Until then ingest, its retries and ClickHouse's replicas are surely done with a batch. */
const SETTLED_MS = 600_000;
/** Twice the time between two counts: one that fails leaves no gap. */
const WINDOW_MS = 7_200_000;
/**
 * A window of so many batches a second, a million, is counted in half a second on two cores (test/integration/count-ledger.test.ts); the
 * inspector has 10 s, and ClickHouse more to do. Where the streams declare more, one batch in two, three, … is counted: what loses rows
 * loses them of many batches.
 */
const COUNTED_PER_SECOND = 100;
/** Faults that are asked about side by side. */
const AT_ONCE = 10;
/** Of the 120 s of the function, with what the last ten may still take: two waits of 10 s. */
const ASKS_FOR_MS = 90_000;
/** As many as a person can look into; a log line has room for them. */
const MOST_NAMED = 20;

/**
 * Says how many rows of the last two hours are missing in ClickHouse or there more than once, zero included: an alarm takes silence for
 * trouble. Like `edgehouse reconcile`, but without its list of audit lines, which takes longer than a function runs: a batch
 * of which nothing at all arrived is found by that command alone.
 *
 * @throws StoreError, SpoolError; then nothing is said
 */
export async function countLedger(deps: CountLedgerDependencies): Promise<void> {
  const { streams, store, clock, telemetry } = deps;
  try {
    const started = clock();
    const until = started - SETTLED_MS;
    const oneIn = countedOneIn(streams);
    const suspects = await store.faults({ since: until - WINDOW_MS, until, oneIn }, patience());
    const faults = await settle(suspects, started + ASKS_FOR_MS, deps);
    const [missing, duplicates] = [addUp(faults, 'missing'), addUp(faults, 'duplicates')];
    telemetry.count('RowsMissing', missing);
    telemetry.count('RowsDuplicated', duplicates);
    if (missing + duplicates > 0) {
      const named = faults.filter((fault) => fault.missing + fault.duplicates > 0).slice(0, MOST_NAMED);
      telemetry.warn('Rows are missing in ClickHouse, or there more than once', {
        missing,
        duplicates,
        oneIn,
        batches: named.map(({ digest: _, ...fault }) => fault),
      });
    }
  } catch (error) {
    telemetry.warn('The ledger could not be counted', describeFault(error));
    throw error;
  }
}

/** Asks of each whether its rows are missing still. What there is no time for stays as it was: rather an alarm too many. */
async function settle(
  suspects: readonly LedgerFault[],
  until: number,
  deps: CountLedgerDependencies,
): Promise<readonly LedgerFault[]> {
  const settled: LedgerFault[] = [];
  while (settled.length < suspects.length && deps.clock() < until) {
    const some = suspects.slice(settled.length, settled.length + AT_ONCE);
    settled.push(
      ...(await Promise.all(some.map(async (fault) => ({ ...fault, missing: await countAbsent(fault, deps) })))),
    );
  }
  return [...settled, ...suspects.slice(settled.length)];
}

/** What waits in the spool will be stored: its refused rows may be in quarantine before. */
async function countAbsent(fault: LedgerFault, { store, spool }: CountLedgerDependencies): Promise<number> {
  const { principal, stream, batchId, digest } = fault;
  if (fault.missing === 0) return 0;
  const waits = await spool.read(spoolName(deduplicationKey(principal, stream, batchId, digest)), patience());
  if (waits !== undefined) return 0;
  // Asked after the spool: a replay may have stored and removed it since the ledger was counted.
  return (await store.ledger(fault, patience())).missing;
}

function countedOneIn(streams: Config['streams']): number {
  const peak = Object.values(streams).reduce((sum, { peakInsertsPerSecond }) => sum + peakInsertsPerSecond, 0);
  return Math.ceil(peak / COUNTED_PER_SECOND);
}

function addUp(faults: readonly LedgerFault[], what: 'missing' | 'duplicates'): number {
  return faults.reduce((total, fault) => total + fault[what], 0);
}
