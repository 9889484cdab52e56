import type { BatchStore } from './batch-store.ts';
import type { Contract } from './contract.ts';
import type { RefusedRow } from './judge-rows.ts';
import { type BatchStamp, judgeRows } from './judge-rows.ts';
import type { ParsedRows } from './parse-rows.ts';
import { QUARANTINE_COLUMNS, QUARANTINE_TABLE, quarantineBytes } from './quarantine.ts';

export interface BatchToStore {
  readonly stream: string;
  readonly contract: Contract;
  readonly rows: ParsedRows;
  readonly stamp: BatchStamp;
  /** The batch's deduplication key (hex, without suffix). */
  readonly key: string;
  readonly bodyBytes: number;
  /** Most bytes of one row's text. */
  readonly rowBytes: number;
  /** Begins the query ids, so that ClickHouse's query log leads back to the request. */
  readonly requestId: string;
}

export interface StoredBatch {
  readonly accepted: number;
  readonly refused: readonly RefusedRow[];
  readonly queryIds: readonly string[];
}

/** Judges a batch and stores it: refused rows first, so that a batch is never half told. @throws StoreError */
export async function storeBatch(batch: BatchToStore, store: BatchStore, signal: AbortSignal): Promise<StoredBatch> {
  const { stream, contract, rows, stamp, key, requestId, rowBytes } = batch;
  const { bytes, accepted, refused } = judgeRows(contract, rows, stamp, rowBytes, batch.bodyBytes);
  const queryIds: string[] = [];
  if (refused.length > 0) {
    queryIds.push(`${requestId}:quarantine`);
    await store.insert({
      table: QUARANTINE_TABLE,
      columns: QUARANTINE_COLUMNS,
      format: 'JSONEachRow',
      bytes: quarantineBytes(refused, stream, contract.hash, stamp, rowBytes),
      deduplicationToken: `${key}:quarantine`,
      queryId: `${requestId}:quarantine`,
      signal,
    });
  }
  if (accepted > 0) {
    queryIds.push(`${requestId}:rows`);
    await store.insert({
      table: contract.table,
      columns: contract.columns.map(({ name }) => name),
      format: 'RowBinaryWithDefaults',
      bytes,
      deduplicationToken: `${key}:rows`,
      queryId: `${requestId}:rows`,
      signal,
    });
  }
  return { accepted, refused, queryIds };
}
