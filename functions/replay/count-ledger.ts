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
    const until = clock() - SETTLED_MS;
    const oneIn = countedOneIn(streams);
    const faults = await store.faults({ since: until - WINDOW_MS, until, oneIn }, patience());
    let [missing, duplicates] = [0, 0];
    const named: object[] = [];
    for (const fault of faults) {
      const { principal, stream, batchId } = fault;
      const absent = fault.missing === 0 ? 0 : await countAbsent(fault, deps);
      missing += absent;
      duplicates += fault.duplicates;
      if (absent + fault.duplicates > 0 && named.length < MOST_NAMED) {
        named.push({ principal, stream, batchId, missing: absent, duplicates: fault.duplicates });
      }
    }
    telemetry.count('RowsMissing', missing);
    telemetry.count('RowsDuplicated', duplicates);
    if (named.length > 0) {
      telemetry.warn('Rows are missing in ClickHouse, or there more than once', {
        missing,
        duplicates,
        oneIn,
        batches: named,
      });
    }
  } catch (error) {
    telemetry.warn('The ledger could not be counted', describeFault(error));
    throw error;
  }
}

/** What waits in the spool will be stored: its refused rows may be in quarantine before. */
async function countAbsent(fault: LedgerFault, { store, spool }: CountLedgerDependencies): Promise<number> {
  const { principal, stream, batchId, digest } = fault;
  const waits = await spool.read(spoolName(deduplicationKey(principal, stream, batchId, digest)), patience());
  if (waits !== undefined) return 0;
  // Asked after the spool: a replay may have stored and removed it since the ledger was counted.
  return (await store.ledger(fault, patience())).missing;
}

function countedOneIn(streams: Config['streams']): number {
  const peak = Object.values(streams).reduce((sum, { peakInsertsPerSecond }) => sum + peakInsertsPerSecond, 0);
  return Math.ceil(peak / COUNTED_PER_SECOND);
}
