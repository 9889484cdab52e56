import { denyingRule } from '../../config/decide.ts';
import { isRevoked } from '../../config/revocation.ts';
import type { Config, Principal } from '../../config/schema.ts';
import type { BatchAddress, BatchStore } from '../ingest/batch-store.ts';
import type { ContractCache } from '../ingest/contract-cache.ts';
import { inflate } from '../ingest/inflate.ts';
import { JudgingFailedError, orJudgingFailed } from '../ingest/judging-failed-error.ts';
import { parseRows } from '../ingest/parse-rows.ts';
import { openBatch, type SpoolEnvelope } from '../ingest/spool-object.ts';
import { SIGNATURE_MAX_AGE_SECONDS, SIGNATURE_MAX_AHEAD_SECONDS } from '../shared/batch-signature.ts';
import type { BatchSpool } from '../shared/batch-spool.ts';
import type { Clock } from '../shared/clock.ts';
import { ObjectTamperedError, SealKeyUnknownError } from '../shared/sealed-object.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import { patience } from './patience.ts';
import type { DeadLetterReason } from './replay-queue.ts';
import type { UnfitRow } from './search.ts';
import { openSearchRecord } from './search-record.ts';
import { settleVerdict } from './settle-verdict.ts';
import { storeFrozen } from './store-frozen.ts';

export interface ReplayDependencies {
  readonly config: Pick<Config, 'streams' | 'principals' | 'policyHash'>;
  readonly spool: BatchSpool;
  readonly spoolKeys: CachedSecret<VersionedKeys>;
  readonly store: BatchStore;
  readonly clock: Clock;
}

export type ReplayOutcome =
  | {
      readonly kind: 'stored';
      readonly envelope: SpoolEnvelope;
      readonly accepted: number;
      readonly refused: number;
      /** Of the refused ones, those that validation had taken. */
      readonly missed: readonly UnfitRow[];
    }
  /** An earlier delivery of the same message has done it all. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'waiting'; readonly envelope: SpoolEnvelope | undefined; readonly fault: unknown }
  | {
      readonly kind: 'dead';
      readonly envelope: SpoolEnvelope | undefined;
      readonly reason: DeadLetterReason;
      /** Of what was thrown, the words that its reason alone does not tell. */
      readonly fault?: ObjectTamperedError | JudgingFailedError;
    };

/**
 * Older than this, a batch is inserted again only as far as the ledger does not know it: the deduplication windows cover twice the time
 * in which a signature is taken (clickhouse/deduplication-windows.ts), and half of that stays in reserve for a burst of replays.
 */
const SURELY_DEDUPLICATED_SECONDS = SIGNATURE_MAX_AGE_SECONDS + SIGNATURE_MAX_AHEAD_SECONDS;

/**
 * Stores one spooled batch under its frozen verdict and removes it from the spool. Repeating it, also side by side, changes
 * nothing: the same rows go in under the same deduplication tokens.
 *
 * @param requestId begins the query ids; another one for each attempt
 */
export async function replayBatch(
  name: string,
  requestId: string,
  contracts: ContractCache,
  deps: ReplayDependencies,
): Promise<ReplayOutcome> {
  let envelope: SpoolEnvelope | undefined;
  try {
    const object = await deps.spool.read(name, patience());
    if (object === undefined) return { kind: 'gone' };
    const opened = await openBatch(await deps.spoolKeys.get(), name, object);
    envelope = opened.envelope;
    return await storeOpened(name, requestId, envelope, opened.bytes, contracts, deps);
  } catch (fault) {
    if (fault instanceof ObjectTamperedError || fault instanceof JudgingFailedError) {
      return { kind: 'dead', envelope, reason: fault.code, fault };
    }
    if (fault instanceof SealKeyUnknownError) deps.spoolKeys.expire();
    return { kind: 'waiting', envelope, fault };
  }
}

async function storeOpened(
  name: string,
  requestId: string,
  envelope: SpoolEnvelope,
  bytes: Buffer,
  contracts: ContractCache,
  deps: ReplayDependencies,
): Promise<ReplayOutcome> {
  const dead = (reason: DeadLetterReason): ReplayOutcome => ({ kind: 'dead', envelope, reason });
  const { stream, limits, key } = envelope;
  const address = addressOf(envelope);
  if (isDenied(address, envelope, deps.config)) return dead('POLICY_DENIED');

  const contract = await contracts.get(deps.config.streams[stream]?.table ?? stream, patience());
  const body = await inflate(bytes, envelope.contentEncoding === 'gzip' ? 'gzip' : undefined, limits);
  const rows = orJudgingFailed(contract.table, () => parseRows(body, envelope.mediaType));
  const frozen = envelope.verdict ?? (await settleVerdict(envelope, rows, contract, body.length, deps, patience()));
  const record = openSearchRecord(key, deps.spool, await deps.spoolKeys.get());
  const batch = {
    envelope,
    address,
    contract,
    rows,
    bodyBytes: body.length,
    frozen,
    requestId,
    isFresh: isFresh(envelope, deps.clock),
  };
  const outcome = await storeFrozen(batch, deps.store, record);
  if (outcome.kind === 'dead') return dead(outcome.reason);
  await deps.spool.remove(name, patience());
  return { ...outcome, envelope };
}

function addressOf({ stream, stamp }: SpoolEnvelope): BatchAddress {
  return {
    principal: String(stamp._principal),
    stream,
    batchId: String(stamp._batch_id),
    digest: String(stamp._batch_digest),
  };
}

/** A batch that was taken stays taken when an allow rule goes; a deny rule, or a principal or stream that is gone, stops it. */
function isDenied(
  { principal, stream }: BatchAddress,
  { stamp, tokenIssuedAt }: SpoolEnvelope,
  { principals, streams }: ReplayDependencies['config'],
) {
  const known = Object.hasOwn(principals, principal) ? principals[principal] : undefined;
  if (known === undefined || !Object.hasOwn(streams, stream)) return true;
  if (isTakenTooLate(known, stamp, tokenIssuedAt)) return true;
  return denyingRule(known, 'write', stream, String(stamp._source), String(stamp._region)) !== undefined;
}

/**
 * Whether ingest took it with a token that was revoked already, while the new policy was on its way. What came before the time of
 * the revocation stays taken.
 */
function isTakenTooLate(
  principal: Principal,
  stamp: SpoolEnvelope['stamp'],
  tokenIssuedAt: SpoolEnvelope['tokenIssuedAt'],
): boolean {
  const { revokedBefore } = principal;
  if (revokedBefore === undefined || tokenIssuedAt === undefined) return false;
  return isRevoked(principal, tokenIssuedAt) && Date.parse(String(stamp._received_at)) >= Date.parse(revokedBefore);
}

function isFresh({ stamp }: SpoolEnvelope, clock: Clock): boolean {
  return (clock() - Date.parse(String(stamp._received_at))) / 1000 < SURELY_DEDUPLICATED_SECONDS;
}
