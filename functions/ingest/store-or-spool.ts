import type { BatchSpool } from '../shared/batch-spool.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { SealKeyUnknownError } from '../shared/sealed-object.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import { type BatchStore, StoreError } from './batch-store.ts';
import type { ContractCache } from './contract-cache.ts';
import { type EarlierVerdicts, VerdictStandsError } from './earlier-verdicts.ts';
import { judgeRows, type RefusedRow } from './judge-rows.ts';
import type { ParsedRows } from './parse-rows.ts';
import { retryOnce } from './retry-once.ts';
import { spoolBatch } from './spool-batch.ts';
import type { SpoolEnvelope } from './spool-object.ts';
import { storeBatch } from './store-batch.ts';
import { freezeVerdict, type Verdict } from './verdict.ts';

/** An admitted batch: what the spool would keep of it, and its rows. */
export interface AdmittedBatch {
  readonly envelope: Omit<SpoolEnvelope, 'verdict' | 'attempt'>;
  readonly table: string;
  /** The body's bytes as sent, made when they are asked for. */
  readonly bytes: () => Buffer;
  readonly bodyBytes: number;
  readonly rows: ParsedRows;
  readonly requestId: string;
  /** Milliseconds that the request has left, its answer included. */
  readonly remaining: () => number;
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
  /** Behind the container's breaker, as the contracts are. */
  readonly store: Pick<BatchStore, 'insert'>;
  readonly contracts: ContractCache;
  readonly spool: BatchSpool;
  readonly spoolKeys: CachedSecret<VersionedKeys>;
  readonly earlier: EarlierVerdicts;
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

/** Most that S3 may take. */
const SPOOL_PATIENCE_MS = 8000;
/** Whatever ClickHouse does, so much is kept for the spool (S3 takes 20 to 200 ms for 4.5 MB), and so much for the answer. */
const KEPT_FOR_SPOOL_MS = 1000;
const KEPT_FOR_ANSWER_MS = 200;

/**
 * Judges a batch and stores it in ClickHouse; where that cannot be done now, for whatever reason, the batch goes into the spool
 * together with the verdict, if it came to one.
 *
 * @throws NotKeptError where the spool cannot take it either
 */
export async function storeOrSpool(batch: AdmittedBatch, deps: StoreOrSpoolDependencies): Promise<StoreOutcome> {
  const { envelope, rows, requestId } = batch;
  const { stamp, limits, stream, key } = envelope;
  const patienceMs = patienceFor(deps.patienceMs ?? 1500, batch.remaining());
  const signal = AbortSignal.timeout(patienceMs);
  let verdict: Verdict | null = null;
  try {
    // Not asked at all: that is no sign of how ClickHouse is.
    if (patienceMs === 0) throw new StoreError(`Storing in ${batch.table}`, undefined);
    const contract = await deps.contracts.get(batch.table, signal);
    const earlier = await deps.earlier.find(key, contract, signal);
    if (earlier !== undefined) return { kind: 'spooled', verdict: earlier, fault: new VerdictStandsError() };
    const judged = judgeRows(contract, rows, stamp, limits.rowBytes, batch.bodyBytes);
    verdict = freezeVerdict(contract.hash, judged.refused);
    const queryIds = await storeBatch(
      { stream, contract, stamp, verdict: judged, judgedBy: contract.hash, key, rowBytes: limits.rowBytes, requestId },
      retryOnce(deps.store),
      signal,
    );
    return { kind: 'stored', accepted: judged.accepted, refused: judged.refused, queryIds };
  } catch (fault) {
    const clickhouseCode = fault instanceof StoreError ? fault.clickhouseCode : undefined;
    // The next batch is judged by the table as it is; this one keeps its verdict.
    if (fault instanceof StoreError && fault.fault === 'schema') deps.contracts.expire(batch.table);
    const attempt = { requestId, ...(clickhouseCode === undefined ? {} : { clickhouseCode }) };
    const spooled = { envelope: { ...envelope, verdict, attempt }, bytes: batch.bytes() };
    try {
      const keys = await deps.spoolKeys.get();
      const left = Math.max(0, Math.min(SPOOL_PATIENCE_MS, Math.floor(batch.remaining()) - KEPT_FOR_ANSWER_MS));
      const standing = await spoolBatch(spooled, deps.spool, keys, AbortSignal.timeout(left));
      return { kind: 'spooled', verdict: standing, fault };
    } catch (cause) {
      if (cause instanceof SealKeyUnknownError) deps.spoolKeys.expire();
      throw new NotKeptError(fault, { cause });
    }
  }
}

/** What a batch may wait for ClickHouse: nothing where the request has just enough time left for the spool. */
export function patienceFor(patienceMs: number, remainingMs: number): number {
  return Math.max(0, Math.min(patienceMs, Math.floor(remainingMs) - KEPT_FOR_SPOOL_MS - KEPT_FOR_ANSWER_MS));
}
