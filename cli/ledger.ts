import { deduplicationKey } from '../functions/shared/deduplication-key.ts';
import type { OperatorDatabase, QueryParams } from './operator-database.ts';

/** What makes a batch that batch (design §3.5). */
export interface BatchAddress {
  readonly principal: string;
  readonly stream: string;
  readonly batchId: string;
  readonly digest: string;
}

/** A line of view `batches`. */
export interface LedgerBatch extends BatchAddress {
  readonly declared: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly missing: number;
  readonly duplicates: number;
  /** Milliseconds since the epoch. */
  readonly firstReceivedAt: number;
  readonly lastReceivedAt: number;
}

const COLUMNS = `principal, stream, toString(batch_id) AS batchId, digest, declared, toFloat64(stored) AS stored,
  toFloat64(quarantined) AS quarantined, missing, toFloat64(duplicates) AS duplicates,
  toFloat64(toUnixTimestamp64Milli(first_received_at)) AS firstReceivedAt,
  toFloat64(toUnixTimestamp64Milli(last_received_at)) AS lastReceivedAt`;

/** Of one query: they are named in its URL, of which Node takes 16 KB. */
const MOST_IDS = 150;

/** The name under which the batch would lie in the spool, and by which we look it up. */
export function ledgerKey({ principal, stream, batchId, digest }: BatchAddress): string {
  return deduplicationKey(principal, stream, batchId, digest);
}

/** What ClickHouse has of batches. */
export interface BatchCounts {
  /** The batches of which a row came since then, by `ledgerKey`. @param since milliseconds since the epoch */
  since(since: number): Promise<ReadonlyMap<string, LedgerBatch>>;
  /** The batches with these ids, whosever they are, by `ledgerKey`. */
  of(batchIds: readonly string[]): Promise<ReadonlyMap<string, LedgerBatch>>;
}

/** As the ledger has it, which knows without counting. */
export function openLedger(database: OperatorDatabase): BatchCounts {
  const from = `SELECT ${COLUMNS} FROM {db:Identifier}.batches`;
  return {
    since: (since) =>
      collectBatches(database, `${from} WHERE last_received_at >= fromUnixTimestamp64Milli({since:Int64})`, { since }),
    of: (batchIds) => collectBatchesOf(database, `${from} WHERE batch_id IN {ids:Array(UUID)}`, batchIds),
  };
}

/** What a query answers that has the columns of `LedgerBatch`. */
export async function collectBatches(
  database: OperatorDatabase,
  query: string,
  params: QueryParams,
): Promise<ReadonlyMap<string, LedgerBatch>> {
  const found = new Map<string, LedgerBatch>();
  for await (const batch of database.stream<LedgerBatch>(query, params)) found.set(ledgerKey(batch), batch);
  return found;
}

/** The same for a query with the parameter `ids`, however many there are. */
export async function collectBatchesOf(
  database: OperatorDatabase,
  query: string,
  batchIds: readonly string[],
  params: QueryParams = {},
): Promise<ReadonlyMap<string, LedgerBatch>> {
  const ids = [...new Set(batchIds)];
  const found = new Map<string, LedgerBatch>();
  for (let from = 0; from < ids.length; from += MOST_IDS) {
    const some = await collectBatches(database, query, { ...params, ids: ids.slice(from, from + MOST_IDS) });
    for (const entry of some) found.set(...entry);
  }
  return found;
}
