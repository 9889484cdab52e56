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

/** The batches with these ids, whosever they are, by `ledgerKey`. */
export async function readLedgerOf(
  database: OperatorDatabase,
  batchIds: readonly string[],
): Promise<ReadonlyMap<string, LedgerBatch>> {
  const ids = [...new Set(batchIds)];
  const found = new Map<string, LedgerBatch>();
  for (let from = 0; from < ids.length; from += MOST_IDS) {
    const query = `SELECT ${COLUMNS} FROM {db:Identifier}.batches WHERE batch_id IN {ids:Array(UUID)}`;
    await collect(database, query, { ids: ids.slice(from, from + MOST_IDS) }, found);
  }
  return found;
}

/** The batches of which a row came since then, by `ledgerKey`. @param since milliseconds since the epoch */
export async function readLedgerSince(
  database: OperatorDatabase,
  since: number,
): Promise<ReadonlyMap<string, LedgerBatch>> {
  const found = new Map<string, LedgerBatch>();
  const query = `SELECT ${COLUMNS} FROM {db:Identifier}.batches WHERE last_received_at >= fromUnixTimestamp64Milli({since:Int64})`;
  await collect(database, query, { since }, found);
  return found;
}

async function collect(
  database: OperatorDatabase,
  query: string,
  params: QueryParams,
  into: Map<string, LedgerBatch>,
): Promise<void> {
  for await (const batch of database.stream<LedgerBatch>(query, params)) into.set(ledgerKey(batch), batch);
}
