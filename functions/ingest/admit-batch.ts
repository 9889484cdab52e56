import { createHash } from 'node:crypto';
import { decide, mayWriteAny } from '../../config/decide.ts';
import { isRevoked } from '../../config/revocation.ts';
import type { Config } from '../../config/schema.ts';
import { PATIENCE_MS, STREAM_LIMITS } from '../../config/stream-limits.ts';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { batchPath, contentDigest, verifyBatchSignature } from '../shared/batch-signature.ts';
import { CLOCK_TOLERANCE_SECONDS, type Identity } from '../shared/identity.ts';
import type { FindBatchKey } from './batch-key-finder.ts';
import type { BatchRate } from './batch-rate.ts';
import type { BatchHeaders } from './read-headers.ts';

export interface BatchLimits {
  readonly bytes: number;
  readonly inflatedBytes: number;
  readonly inflateRatio: number;
  readonly rows: number;
  readonly rowBytes: number;
  /** Milliseconds that a batch waits for ClickHouse. */
  readonly patienceMs: number;
}

export interface AdmittedDecision {
  readonly rule: string;
  readonly trust: 'edge' | 'client';
}

type Policy = Pick<Config, 'streams' | 'principals'>;

/** The limits of the stream, narrowed by the principal's own; of an unknown stream the largest, it is refused later. */
export function limitsOf({ streams, principals }: Policy, stream: string, principal: string): BatchLimits {
  const limits = own(streams, stream)?.limits ?? STREAM_LIMITS;
  const mine = own(principals, principal)?.limits;
  return {
    ...limits,
    bytes: Math.min(limits.bytes, mine?.bytes ?? Number.POSITIVE_INFINITY),
    rows: Math.min(limits.rows, mine?.rows ?? Number.POSITIVE_INFINITY),
    patienceMs: mine?.patienceMs ?? PATIENCE_MS.usual,
  };
}

/** The body's bytes as sent: decoded from base64, or UTF-8 where the gateway handed it over as text. */
export function bytesAsSent({ body, isBase64Encoded }: { body?: string; isBase64Encoded: boolean }): Buffer {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
}

/** @throws BatchRefusedError BODY_TOO_LARGE */
export function limitBytes(bytes: number, most: number): void {
  if (bytes > most) throw new BatchRefusedError('BODY_TOO_LARGE', `${bytes} bytes as sent, at most ${most}.`);
}

/** The authorizer's verdict is cached: a token may have expired since. @throws BatchRefusedError TOKEN_EXPIRED */
export function refuseExpiredToken({ exp }: Identity, nowSeconds: number): void {
  if (nowSeconds < exp + CLOCK_TOLERANCE_SECONDS) return;
  throw new BatchRefusedError('TOKEN_EXPIRED', `The token expired ${nowSeconds - exp} seconds ago by this clock.`);
}

/**
 * A token that its principal's `revokedBefore` makes void counts as expired: a sender of good faith reads its credentials anew and
 * goes on. Asked of every batch, because the authorizer's verdict is cached. @throws BatchRefusedError TOKEN_EXPIRED
 */
export function refuseRevokedToken({ principals }: Pick<Policy, 'principals'>, { principal, iat }: Identity): void {
  const known = own(principals, principal);
  if (known === undefined || !isRevoked(known, iat)) return;
  const detail = `The tokens of this principal that were issued before ${known.revokedBefore} are revoked.`;
  throw new BatchRefusedError('TOKEN_EXPIRED', detail, { rule: `${principal}.revokedBefore` });
}

/** @throws BatchRefusedError DIGEST_MISMATCH */
export function verifyDigest(bytes: Uint8Array, declared: string): void {
  if (contentDigest(createHash('sha256').update(bytes).digest()) === declared) return;
  throw new BatchRefusedError('DIGEST_MISMATCH', 'The body’s SHA-256 is not the one in Content-Digest.');
}

/** @throws BatchRefusedError BATCH_SIGNATURE_INVALID, BATCH_SIGNATURE_STALE */
export function verifySignature(
  headers: BatchHeaders,
  stream: string,
  findKey: FindBatchKey,
  nowSeconds: number,
): void {
  const message = {
    path: batchPath(stream),
    contentType: headers.contentType,
    contentEncoding: headers.contentEncoding,
    contentDigest: headers.contentDigest,
    batchId: headers.batchIdAsSent,
    batchRows: headers.rowsAsSent,
    source: headers.source,
  };
  const verdict = verifyBatchSignature(message, headers, findKey, nowSeconds);
  switch (verdict.kind) {
    case 'valid':
      return;
    case 'invalid':
      throw new BatchRefusedError(
        'BATCH_SIGNATURE_INVALID',
        'Signature-Input or Signature is not as the contract has it.',
      );
    case 'stale':
      throw new BatchRefusedError(
        'BATCH_SIGNATURE_STALE',
        `Signed ${nowSeconds - verdict.created} seconds ago by this clock; expected from -60 to 300.`,
      );
  }
}

/** @throws BatchRefusedError POLICY_DENIED, or STREAM_UNKNOWN to a principal that may write something */
export function decideBatch(
  policy: Policy,
  principal: string,
  stream: string,
  source: string,
  region: string,
): AdmittedDecision {
  const known = own(policy.principals, principal);
  if (own(policy.streams, stream) === undefined && mayWriteAny(known)) {
    throw new BatchRefusedError('STREAM_UNKNOWN', 'The configuration has no stream of this name.');
  }
  const decision = decide(known, 'write', stream, source, region);
  if (decision.allowed) return decision;
  throw new BatchRefusedError('POLICY_DENIED', `Decided by rule ${decision.rule}.`, { rule: decision.rule });
}

/** @throws BatchRefusedError RATE_LIMITED */
export function limitRate({ principals }: Pick<Policy, 'principals'>, principal: string, rate: BatchRate): void {
  const perSecond = own(principals, principal)?.limits?.batchesPerSecond;
  if (perSecond === undefined) return;
  const waitMs = rate.take(principal, perSecond);
  if (waitMs === 0) return;
  throw new BatchRefusedError('RATE_LIMITED', `More than ${perSecond} batches a second of this principal.`, {
    rule: `${principal}.limits.batchesPerSecond`,
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}

/** @throws BatchRefusedError ROWS_EMPTY, ROWS_TOO_MANY, HEADER_MISMATCH */
export function countRows(rows: number, declared: number, most: number): void {
  if (rows === 0) throw new BatchRefusedError('ROWS_EMPTY', 'The body holds no row.');
  if (rows > most) throw new BatchRefusedError('ROWS_TOO_MANY', `${rows} rows, at most ${most}.`);
  if (rows !== declared) {
    throw new BatchRefusedError('HEADER_MISMATCH', `Edge-Batch-Rows says ${declared}, the body holds ${rows}.`);
  }
}

/** Names come from callers: `constructor` must not find anything. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
