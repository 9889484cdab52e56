import type { BatchCode } from '../../functions/shared/codes.ts';
import { type Alarm, tailLog, type Watched } from './alarm.ts';

/** Rows that fit no table have quarantine-ratio, and what nothing took has unavailable-batches. */
type Watchable = Exclude<BatchCode, 'ROWS_REFUSED' | 'UNAVAILABLE'>;

/**
 * Whose batches does ingest refuse, and why? One a code, as for identities: a sender that has been wrong for weeks must not hide another
 * that has just begun to be.
 */
export function refusalAlarms({ logGroups: { ingest } }: Watched): readonly Alarm[] {
  return Object.entries(CAUSES).map(([code, cause]) => ({
    name: 'refused-batches',
    member: code,
    title: `For a quarter of an hour batches have been refused: ${code}.`,
    signal: {
      kind: 'total',
      metric: { source: 'own', name: 'BatchesRefused', service: 'ingest', dimensions: { code } },
      over: ['stream'],
    },
    periodSeconds: 300,
    fires: 'above',
    threshold: 0,
    badPeriods: 3,
    ofPeriods: 3,
    missing: 'good',
    cause,
    firstCommand: tailLog(ingest, '30m', `{ $.decision = "deny" && $.code = "${code}" }`),
  }));
}

const CAUSES: Readonly<Record<Watchable, string>> = {
  HEADER_MISSING: 'A sender that is not of edgehouse, or a proxy that takes headers away.',
  HEADER_MALFORMED: 'A sender that is not of edgehouse, or a header that was sent twice.',
  HEADER_MISMATCH: 'A sender counts its rows wrongly.',
  DIGEST_MISMATCH: 'Something on the way changes bodies: a proxy that compresses, or rewrites text.',
  BODY_MALFORMED: 'A sender writes JSON, lines or CSV that do not parse.',
  ROWS_EMPTY: 'A sender sends batches without a row.',
  TOKEN_EXPIRED:
    'A token ran out while the gateway still answered from its cache, at the end of its life: see token-runway.',
  BATCH_SIGNATURE_INVALID: 'A sender has a key that does not belong to its token, or a proxy changes a signed header.',
  BATCH_SIGNATURE_STALE: 'The clock of a sender is wrong, or it signs long before it sends.',
  POLICY_DENIED: 'A sender writes a stream, or under a source, that edgehouse.config.ts does not give it.',
  STREAM_UNKNOWN: 'A sender names a stream that was renamed or taken out of edgehouse.config.ts.',
  BODY_TOO_LARGE: 'A sender makes batches larger than the limits of its stream or principal.',
  INFLATE_LIMIT: 'A sender compresses more than the limits allow, or sends a bomb.',
  ROWS_TOO_MANY: 'A sender puts more rows into a batch than the limits allow.',
  MEDIA_TYPE_UNSUPPORTED: 'A sender sends another format than JSON, NDJSON or CSV.',
  ENCODING_UNSUPPORTED: 'A sender compresses otherwise than by gzip, or sends gzip under a text type.',
  RATE_LIMITED: 'A principal sends more batches a second than its batchesPerSecond.',
};
