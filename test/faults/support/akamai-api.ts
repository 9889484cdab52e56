import type { EdgeNetwork, ReadableEdgeKv } from '../../../functions/shared/edge-kv.ts';

const ITEM_PATH =
  /^\/edgekv\/v1\/networks\/(staging|production)\/namespaces\/([^/]+)\/groups\/([^/]+)\/items\/([^/]+)$/;

/**
 * Akamai's administrative API before an EdgeKV, as a `fetch`: now and then it fails, and then quotes what it was sent, which no
 * log of ours may repeat.
 */
export function akamaiApi(edgeKv: ReadableEdgeKv, fails: () => boolean): typeof globalThis.fetch {
  return async (url, { method, body, headers } = {}) => {
    const [, network, namespace = '', group = '', item = ''] = ITEM_PATH.exec(new URL(String(url)).pathname) ?? [];
    if (fails()) {
      const sent = { detail: `canary ${String(body)}`, headers: Object.fromEntries(new Headers(headers)) };
      return new Response(JSON.stringify({ title: 'Too many', errorCode: 'EKV_9100', ...sent }), { status: 429 });
    }
    const target: EdgeNetwork = network === 'staging' ? 'staging' : 'production';
    if (method === 'PUT') {
      await edgeKv.put(target, namespace, group, item, String(body));
      return new Response('Item was upserted in database.');
    }
    const value = await edgeKv.get(target, namespace, group, item);
    return value === undefined ? new Response('{}', { status: 404 }) : new Response(value);
  };
}
