import type { BatchStore } from './batch-store.ts';
import type { Contract } from './contract.ts';
import type { BatchStamp, RowsVerdict } from './judge-rows.ts';
import { QUARANTINE_COLUMNS, QUARANTINE_TABLE, quarantineBytes } from './quarantine.ts';

type BatchInserter = Pick<BatchStore, 'insert'>;

export interface JudgedBatch {
  readonly stream: string;
  readonly contract: Contract;
  readonly stamp: BatchStamp;
  readonly verdict: RowsVerdict;
  /** Hash of the contract by which the rows were judged; `contract` is the one by which they are written. */
  readonly judgedBy: string;
  /** The batch's deduplication key (hex, without suffix). */
  readonly key: string;
  /** Most bytes that quarantine keeps of one row's text. */
  readonly rowBytes: number;
  /** Begins the query ids, so that ClickHouse's query log leads back to the request. */
  readonly requestId: string;
}

/** Stores a judged batch: refused rows first, so that a batch is never half told. @returns query ids @throws StoreError */
export async function storeBatch(
  batch: JudgedBatch,
  store: BatchInserter,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { accepted, refused } = batch.verdict;
  const queryIds: string[] = [];
  if (refused.length > 0) queryIds.push(await storeRefused(batch, store, signal));
  if (accepted > 0) queryIds.push(await storeAccepted(batch, store, signal));
  return queryIds;
}

export async function storeRefused(batch: JudgedBatch, store: BatchInserter, signal: AbortSignal): Promise<string> {
  const { verdict, stream, stamp, key, judgedBy, rowBytes } = batch;
  const queryId = `${batch.requestId}:quarantine`;
  await store.insert({
    table: QUARANTINE_TABLE,
    columns: QUARANTINE_COLUMNS,
    format: 'JSONEachRow',
    bytes: quarantineBytes(verdict.refused, stream, judgedBy, stamp, rowBytes),
    deduplicationToken: `${key}:quarantine`,
    queryId,
    signal,
  });
  return queryId;
}

export async function storeAccepted(batch: JudgedBatch, store: BatchInserter, signal: AbortSignal): Promise<string> {
  const { verdict, contract, key } = batch;
  const queryId = `${batch.requestId}:rows`;
  await store.insert({
    table: contract.table,
    columns: contract.columns.map(({ name }) => name),
    format: 'RowBinaryWithDefaults',
    bytes: verdict.bytes,
    deduplicationToken: `${key}:rows`,
    queryId,
    signal,
  });
  return queryId;
}
