import type { BatchSpool } from '../shared/batch-spool.ts';
import type { Clock } from '../shared/clock.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import { within } from '../shared/within.ts';
import type { Contract } from './contract.ts';
import { readSpooled } from './spool-batch.ts';
import { spoolName } from './spool-object.ts';
import type { Verdict } from './verdict.ts';

/** What batches were judged to be before their table changed. */
export interface EarlierVerdicts {
  /**
   * The verdict under which the same batch waits in the spool, where it was judged by another form of the table: a part of it may be
   * stored, and judging it anew could put one row into both tables. Undefined where there is none, or the spool cannot say.
   *
   * @param key the batch's deduplication key
   */
  find(key: string, contract: Contract, signal: AbortSignal): Promise<Verdict | undefined>;
}

/**
 * So long a batch may be sent again and have to be recognised: as long as ClickHouse surely knows its tokens
 * (clickhouse/deduplication-windows.ts). A container that has known a contract for longer need not ask.
 */
const REPEATED_MS = 3_600_000;
/** For a question that nearly always has the answer no; S3 takes 10 to 30 ms. */
const PATIENCE_MS = 500;

export interface EarlierVerdictsDependencies {
  readonly spool: Pick<BatchSpool, 'read'>;
  readonly spoolKeys: Pick<CachedSecret<VersionedKeys>, 'get'>;
  readonly clock: Clock;
}

/** State of the container: since when it has known the contract of each table. */
export function createEarlierVerdicts({ spool, spoolKeys, clock }: EarlierVerdictsDependencies): EarlierVerdicts {
  const known = new Map<string, { readonly hash: string; readonly since: number }>();

  function since({ table, hash }: Contract): number {
    const entry = known.get(table);
    if (entry?.hash === hash) return entry.since;
    known.set(table, { hash, since: clock() });
    return clock();
  }

  return {
    async find(key, contract, signal) {
      if (clock() - since(contract) > REPEATED_MS) return undefined;
      const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      // A spool that is away keeps no batch from being stored.
      const waiting = await within(limited, spoolKeys.get())
        .then((keys) => readSpooled(spoolName(key), spool, keys, limited))
        .catch(() => undefined);
      const verdict = waiting?.envelope.verdict ?? undefined;
      return verdict?.contract === contract.hash ? undefined : verdict;
    },
  };
}

/** Nothing failed: the batch waits in the spool already, and is stored as it was judged first. */
export class VerdictStandsError extends Error {
  override readonly name = 'VerdictStandsError';
  readonly code = 'VERDICT_STANDS';
  readonly retryable = true;
  constructor() {
    super(
      'The batch was sent before and waits in the spool, judged by its table as it was then. Replay stores it by that verdict.',
    );
  }
}
