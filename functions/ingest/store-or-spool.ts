import type { BatchSpool } from '../shared/batch-spool.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { SealKeyUnknownError } from '../shared/sealed-object.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import { type BatchStore, StoreError } from './batch-store.ts';
import type { ContractCache } from './contract-cache.ts';
import { judgeRows, type RefusedRow } from './judge-rows.ts';
import type { ParsedRows } from './parse-rows.ts';
import { spoolBatch } from './spool-batch.ts';
import type { SpoolEnvelope } from './spool-object.ts';
import { storeBatch } from './store-batch.ts';
import { freezeVerdict, type Verdict } from './verdict.ts';

/** An admitted batch: what the spool would keep of it, and its rows. */
export interface AdmittedBatch {
  readonly envelope: Omit<SpoolEnvelope, 'verdict' | 'attempt'>;
  readonly table: string;
  /** The body's bytes as sent. */
  readonly bytes: Buffer;
  readonly bodyBytes: number;
  readonly rows: ParsedRows;
  readonly requestId: string;
}

export type StoreOutcome =
  | {
      readonly kind: 'stored';
      readonly accepted: number;
      readonly refused: readonly RefusedRow[];
      readonly queryIds: readonly string[];
    }
  /** `verdict` is null where replay has yet to judge; `fault` is why ClickHouse did not get the batch. */
  | { readonly kind: 'spooled'; readonly verdict: Verdict | null; readonly fault: unknown };

export interface StoreOrSpoolDependencies {
  readonly store: Pick<BatchStore, 'insert'>;
  readonly contracts: ContractCache;
  readonly spool: BatchSpool;
  readonly spoolKeys: CachedSecret<VersionedKeys>;
  /** Milliseconds that a batch waits for ClickHouse. @default 1500 (design §3.2) */
  readonly patienceMs?: number;
}

/** Neither ClickHouse nor the spool took the batch: the caller has to send it again. */
export class NotKeptError extends Error {
  override readonly name = 'NotKeptError';
  readonly code = 'NOT_KEPT';
  readonly retryable = true;
  /** Why ClickHouse did not take it. */
  readonly fault: unknown;
  /** @param options its `cause` is why the spool did not */
  constructor(fault: unknown, options: ErrorOptions) {
    const [database, spool] = [fault, options.cause].map((error) => Object.values(describeFault(error)).join(' '));
    super(`Neither ClickHouse nor the spool took the batch. ClickHouse: ${database}. Spool: ${spool}.`, options);
    this.fault = fault;
  }
}

/** All that S3 may take; the function has 15 s in all, and ClickHouse had its patience before. */
const SPOOL_PATIENCE_MS = 8000;

/**
 * Judges a batch and stores it in ClickHouse; where that cannot be done now, for whatever reason, the batch goes into the spool
 * together with the verdict, if it came to one.
 *
 * @throws NotKeptError where the spool cannot take it either
 */
export async function storeOrSpool(batch: AdmittedBatch, deps: StoreOrSpoolDependencies): Promise<StoreOutcome> {
  const { envelope, rows, requestId } = batch;
  const { stamp, limits, stream, key } = envelope;
  const signal = AbortSignal.timeout(deps.patienceMs ?? 1500);
  let verdict: Verdict | null = null;
  try {
    const contract = await deps.contracts.get(batch.table, signal);
    const judged = judgeRows(contract, rows, stamp, limits.rowBytes, batch.bodyBytes);
    verdict = freezeVerdict(contract.hash, judged.refused);
    const queryIds = await storeBatch(
      { stream, contract, stamp, verdict: judged, judgedBy: contract.hash, key, rowBytes: limits.rowBytes, requestId },
      deps.store,
      signal,
    );
    return { kind: 'stored', accepted: judged.accepted, refused: judged.refused, queryIds };
  } catch (fault) {
    const clickhouseCode = fault instanceof StoreError ? fault.clickhouseCode : undefined;
    const attempt = { requestId, ...(clickhouseCode === undefined ? {} : { clickhouseCode }) };
    const spooled = { envelope: { ...envelope, verdict, attempt }, bytes: batch.bytes };
    try {
      const keys = await deps.spoolKeys.get();
      const standing = await spoolBatch(spooled, deps.spool, keys, AbortSignal.timeout(SPOOL_PATIENCE_MS));
      return { kind: 'spooled', verdict: standing, fault };
    } catch (cause) {
      if (cause instanceof SealKeyUnknownError) deps.spoolKeys.expire();
      throw new NotKeptError(fault, { cause });
    }
  }
}
