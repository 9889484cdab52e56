import { type CredentialCache, dropCredentials, lookUpCredentials } from './credential-cache.ts';
import type { EdgePlatform } from './platform.ts';
import { readItem } from './read-item.ts';
import { type SendResult, sendBatch } from './send-batch.ts';
import type { EdgeSettings } from './settings.ts';
import { batchPath, signBatch } from './sign-batch.ts';

export interface Delivery {
  readonly settings: Pick<EdgeSettings, 'apiOrigin' | 'stream' | 'source' | 'edgeKv'>;
  readonly cache: CredentialCache;
  readonly platform: EdgePlatform;
}

export type DeliveryResult = SendResult | { readonly kind: 'no-credentials'; readonly reason: string };

/** Sends rows as one batch: at most one EdgeKV read and one POST, 300 ms and 3 s at most. */
export async function deliverBatch(
  batchId: string,
  rows: readonly unknown[],
  { settings, cache, platform }: Delivery,
): Promise<DeliveryResult> {
  const nowSeconds = Math.floor(platform.now() / 1_000);
  const lookup = await lookUpCredentials(cache, () => readItem(settings.edgeKv, platform), nowSeconds);
  if (lookup.kind === 'none') return { kind: 'no-credentials', reason: lookup.reason };

  const body = JSON.stringify(rows);
  const { stream, source, apiOrigin } = settings;
  const headers = await signBatch(
    {
      stream,
      source,
      batchId,
      rows: rows.length,
      body: platform.encodeUtf8(body),
      contentType: 'application/json',
    },
    lookup.credentials,
    nowSeconds,
    platform,
  );
  const result = await sendBatch(`${apiOrigin}${batchPath(stream)}`, headers, body, platform);
  if (refusesCredentials(result)) dropCredentials(cache, lookup.credentials);
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
  }
}

/** The gateway's refusal counts like ingest's: most tokens that are no longer good end there. */
function refusesCredentials(result: SendResult): boolean {
  return result.kind !== 'unanswered' && (result.status === 401 || result.status === 403);
}
