import { type Circuit, holdBack, secondsHeld } from './circuit.ts';
import { type CredentialCache, dropCredentials, lookUpCredentials, REFUSED_SECONDS } from './credential-cache.ts';
import type { KeyCache } from './make-mac.ts';
import type { EdgePlatform } from './platform.ts';
import { readItem } from './read-item.ts';
import { type SendResult, sendBatch } from './send-batch.ts';
import type { EdgeSettings } from './settings.ts';
import { batchPath, signBatch } from './sign-batch.ts';

export type DeliveryCache = CredentialCache & KeyCache & Circuit;

export interface Delivery {
  readonly settings: Pick<EdgeSettings, 'apiOrigin' | 'stream' | 'source' | 'edgeKv'>;
  /** What is kept between requests. */
  readonly cache: DeliveryCache;
  readonly platform: EdgePlatform;
}

export type DeliveryResult =
  | SendResult
  | { readonly kind: 'no-credentials'; readonly reason: string }
  /** Nothing was sent: ingest or the gateway had too much to do, or would refuse the credentials again. `seconds` are left. */
  | { readonly kind: 'held-back'; readonly seconds: number };

/** A batch as it will be sent, but for its headers. */
export interface EncodedBatch {
  readonly batchId: string;
  readonly contentType: 'application/json' | 'text/csv';
  readonly body: string;
  readonly rows: number;
}

/** Sends rows as one batch of JSON. */
export async function deliverBatch(
  batchId: string,
  rows: readonly unknown[],
  delivery: Delivery,
): Promise<DeliveryResult> {
  const body = JSON.stringify(rows);
  return deliverEncoded({ batchId, contentType: 'application/json', body, rows: rows.length }, delivery);
}

/**
 * Sends a batch: at most one EdgeKV read and one POST, 300 ms and 3 s at most; none of them for a while after a 429 or 503, or where EdgeKV
 * has no other token than one that was refused.
 */
export async function deliverEncoded(
  { body, ...batch }: EncodedBatch,
  { settings, cache, platform }: Delivery,
): Promise<DeliveryResult> {
  const now = platform.now();
  const seconds = secondsHeld(cache, now);
  if (seconds > 0) return { kind: 'held-back', seconds };
  const nowSeconds = Math.floor(now / 1_000);
  const lookup = await lookUpCredentials(cache, () => readItem(settings.edgeKv, platform), nowSeconds);
  switch (lookup.kind) {
    case 'none':
      return { kind: 'no-credentials', reason: lookup.reason };
    case 'refused':
      holdBack(cache, String(REFUSED_SECONDS), now);
      return { kind: 'no-credentials', reason: 'EdgeKV still has the token that was refused' };
    case 'usable':
  }

  const { stream, source, apiOrigin } = settings;
  const headers = await signBatch(
    { stream, source, ...batch, body: platform.encodeUtf8(body) },
    lookup.credentials,
    nowSeconds,
    platform,
    cache,
  );
  const result = await sendBatch(`${apiOrigin}${batchPath(stream)}`, headers, body, platform);
  if (refusesCredentials(result)) dropCredentials(cache, lookup.credentials, nowSeconds);
  if (asksToWait(result)) holdBack(cache, result.retryAfter, now);
  return result;
}

/** For the log: what kept a batch from ingest, or what ingest said. */
export function describeDelivery(result: DeliveryResult): string {
  switch (result.kind) {
    case 'answered':
      return `ingest answered ${result.status}`;
    case 'not-ours':
      return `the way to ingest answered ${result.status}: look at the property and at the gateway's log`;
    case 'unanswered':
      return 'ingest gave no whole answer, or not in time';
    case 'no-credentials':
      return `no credentials: ${result.reason}`;
    case 'held-back':
      return `nothing is sent for ${result.seconds} s more`;
  }
}

/** The gateway's refusal counts like ingest's: most tokens that are no longer good end there. */
function refusesCredentials(result: SendResult): boolean {
  return result.kind !== 'unanswered' && (result.status === 401 || result.status === 403);
}

/** The gateway's answer counts here too: it throttles before ingest runs. */
function asksToWait(result: SendResult): result is Exclude<SendResult, { kind: 'unanswered' }> {
  return result.kind !== 'unanswered' && (result.status === 429 || result.status === 503);
}
