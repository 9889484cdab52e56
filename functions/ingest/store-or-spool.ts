import type { BatchSpool } from '../shared/batch-spool.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { SealKeyUnknownError } from '../shared/sealed-object.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import { OutOfTimeError, within } from '../shared/within.ts';
import { type BatchStore, StoreError } from './batch-store.ts';
import type { ContractCache } from './contract-cache.ts';
import { type EarlierVerdicts, VerdictStandsError } from './earlier-verdicts.ts';
import { judgeRows, type RefusedRow } from './judge-rows.ts';
import { orJudgingFailed } from './judging-failed-error.ts';
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
  /** Milliseconds that it may wait for ClickHouse. */
  readonly patienceMs: number;
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
  const { envelope, rows, requestId, remaining } = batch;
  const { stamp, limits, stream, key } = envelope;
  // Read meanwhile: should the batch have to be spooled, what is left of the time is for the spool.
  const spoolKeys = deps.spoolKeys.get();
  spoolKeys.catch(() => undefined);
  let verdict: Verdict | null = null;
  try {
    const before = remaining();
    const asking = patience(batch.patienceMs, before);
    const contract = await deps.contracts.get(batch.table, asking);
    const earlier = await deps.earlier.find(key, contract, asking);
    if (earlier !== undefined) return { kind: 'spooled', verdict: earlier, fault: new VerdictStandsError() };
    const waited = before - remaining();
    const judged = orJudgingFailed(batch.table, () =>
      judgeRows(contract, rows, stamp, limits.rowBytes, batch.bodyBytes),
    );
    verdict = freezeVerdict(contract.hash, judged.refused);
    const queryIds = await storeBatch(
      { stream, contract, stamp, verdict: judged, judgedBy: contract.hash, key, rowBytes: limits.rowBytes, requestId },
      retryOnce(deps.store),
      // A batch that takes long to judge says nothing of ClickHouse.
      patience(batch.patienceMs - waited, remaining()),
    );
    return { kind: 'stored', accepted: judged.accepted, refused: judged.refused, queryIds };
  } catch (fault) {
    const clickhouseCode = fault instanceof StoreError ? fault.clickhouseCode : undefined;
    // The next batch is judged by the table as it is; this one keeps its verdict.
    if (fault instanceof StoreError && fault.fault === 'schema') deps.contracts.expire(batch.table);
    const attempt = { requestId, ...(clickhouseCode === undefined ? {} : { clickhouseCode }) };
    const spooled = { envelope: { ...envelope, verdict, attempt }, bytes: batch.bytes() };
    try {
      const left = Math.max(0, Math.min(SPOOL_PATIENCE_MS, Math.floor(remaining()) - KEPT_FOR_ANSWER_MS));
      const signal = AbortSignal.timeout(left);
      const standing = await spoolBatch(spooled, deps.spool, await within(signal, spoolKeys), signal);
      return { kind: 'spooled', verdict: standing, fault };
    } catch (cause) {
      if (cause instanceof SealKeyUnknownError) deps.spoolKeys.expire();
      throw new NotKeptError(fault, { cause });
    }
  }
}

/** @throws OutOfTimeError where ClickHouse is not to be asked at all: that is no sign of how it is */
function patience(patienceMs: number, remainingMs: number): AbortSignal {
  const left = patienceFor(patienceMs, remainingMs);
  if (left === 0) throw new OutOfTimeError();
  return AbortSignal.timeout(left);
}

/** What a batch may wait for ClickHouse: nothing where the request has just enough time left for the spool. */
export function patienceFor(patienceMs: number, remainingMs: number): number {
  return Math.max(
    0,
    Math.min(Math.floor(patienceMs), Math.floor(remainingMs) - KEPT_FOR_SPOOL_MS - KEPT_FOR_ANSWER_MS),
  );
}
