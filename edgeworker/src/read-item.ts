import type { EdgePlatform } from './platform.ts';
import type { EdgeKvAddress } from './settings.ts';

export type ItemRead =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

const EDGEKV_ORIGIN = 'https://edgekv.akamai-edge-svcs.net';
/** A read from the server's own copy takes a few milliseconds, a cold one nearly a second: then this batch does without. */
const EDGEKV_TIMEOUT_MS = 300;

/** Reads one item by the wire contract of Akamai's `edgekv.js` 0.6.3. One read is one sub-request. Never rejects. */
export async function readItem(
  { namespace, group, item, accessReference }: EdgeKvAddress,
  { httpRequest }: Pick<EdgePlatform, 'httpRequest'>,
): Promise<ItemRead> {
  try {
    const answer = await httpRequest(`${EDGEKV_ORIGIN}/api/v1/namespaces/${namespace}/groups/${group}/items/${item}`, {
      method: 'GET',
      headers: { 'X-Akamai-EdgeDB-Auth-Ref': accessReference },
      timeout: EDGEKV_TIMEOUT_MS,
    });
    if (answer.status !== 200) return { kind: 'failed', reason: `EdgeKV answered ${answer.status}` };
    return { kind: 'found', text: await answer.text() };
  } catch {
    return { kind: 'failed', reason: `EdgeKV gave no whole answer within ${EDGEKV_TIMEOUT_MS} ms` };
  }
}
