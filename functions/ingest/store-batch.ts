import type { RowRange } from './apply-verdict.ts';
import type { BatchStore } from './batch-store.ts';
import type { Contract } from './contract.ts';
import type { BatchStamp, RowsVerdict } from './judge-rows.ts';
import { QUARANTINE_COLUMNS, QUARANTINE_TABLE, quarantineBytes } from './quarantine.ts';
import { headerBytes } from './row-writer.ts';

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

/** @param range where only some of the refused rows are stored, those between its ends; it goes into the token */
export async function storeRefused(
  batch: JudgedBatch,
  store: BatchInserter,
  signal: AbortSignal,
  range?: RowRange,
): Promise<string> {
  const { verdict, stream, stamp, key, judgedBy, rowBytes } = batch;
  const queryId = `${batch.requestId}:quarantine${suffix(range)}`;
  await store.insert({
    table: QUARANTINE_TABLE,
    columns: QUARANTINE_COLUMNS,
    format: 'JSONEachRow',
    bytes: quarantineBytes(verdict.refused, stream, judgedBy, stamp, rowBytes),
    deduplicationToken: `${key}:quarantine${suffix(range)}`,
    queryId,
    signal,
  });
  return queryId;
}

export interface AcceptedOptions {
  /** Where only some of the accepted rows are stored, those between its ends; it goes into the token. */
  readonly range?: RowRange;
  /** Not together with the rows of others. @default false */
  readonly alone?: boolean;
}

export async function storeAccepted(
  batch: JudgedBatch,
  store: BatchInserter,
  signal: AbortSignal,
  { range, alone = false }: AcceptedOptions = {},
): Promise<string> {
  const { verdict, contract, key } = batch;
  const queryId = `${batch.requestId}:rows${suffix(range)}${alone ? ':alone' : ''}`;
  const { bytes, format, columns } = verdict;
  const deduplicationToken = `${key}:rows${suffix(range)}`;
  const { table } = contract;
  const contractTypes = { columns: contract.columns.map(({ name }) => name), bytes: headerBytes(contract) };
  await store.insert({ table, columns, format, bytes, contractTypes, deduplicationToken, queryId, alone, signal });
  return queryId;
}

function suffix(range: RowRange | undefined): string {
  return range === undefined ? '' : `:${range.from}-${range.to}`;
}
