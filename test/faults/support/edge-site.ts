import { webcrypto } from 'node:crypto';
import type { CredentialCache } from '../../../edgeworker/src/credential-cache.ts';
import { type DeliveryResult, deliverBatch } from '../../../edgeworker/src/deliver-batch.ts';
import type { EdgePlatform, HttpAnswer } from '../../../edgeworker/src/platform.ts';
import { answerOf } from '../../unit/edgeworker/fake-edge.ts';

export interface EdgeSiteOptions {
  readonly item: string;
  /** This server's clock, milliseconds since the epoch. */
  readonly clock: () => number;
  /** What EdgeKV shows here. */
  readonly readItem: () => Promise<string | undefined>;
  /** The API behind the property. */
  readonly post: (headers: Readonly<Record<string, string>>, body: string) => Promise<HttpAnswer>;
  readonly warn: (message: string) => void;
}

export interface EdgeSite {
  send(batchId: string): Promise<DeliveryResult>;
  /** Akamai throws module state away whenever it likes. */
  forget(): void;
}

/** One of Akamai's servers with the real delivery of our EdgeWorkers. */
export function startEdgeSite({ item, clock, readItem, post, warn }: EdgeSiteOptions): EdgeSite {
  let cache: CredentialCache = {};
  const platform: EdgePlatform = {
    async httpRequest(_url, { method, headers, body = '' }) {
      if (method === 'POST') return post(headers, body);
      const value = await readItem();
      return value === undefined ? answerOf(404, '') : answerOf(200, value);
    },
    crypto: webcrypto,
    encodeUtf8: (text) => new TextEncoder().encode(text),
    atob,
    btoa,
    now: clock,
    warn,
  };
  const settings = {
    apiOrigin: 'https://events-api.example.com' as const,
    stream: 'web_events',
    source: `ew/${item}/1.0.0`,
    edgeKv: { namespace: 'edgehouse', group: 'credentials', item, accessReference: 'reference' },
  };
  return {
    send: (batchId) => deliverBatch(batchId, [{ path: '/' }], { settings, cache, platform }),
    forget: () => {
      cache = {};
    },
  };
}
