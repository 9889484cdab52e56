export type BatchIdRead =
  | { readonly kind: 'given'; readonly batchId: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The client's id for its batch, in lower case, from the header `Edge-Batch-Id` or the query's `batch` (`sendBeacon` sets no
 * headers, and a header of our own would need a preflight). Several are fine as long as they agree.
 */
export function readBatchId(header: string | undefined, query: string | null | undefined): BatchIdRead {
  const inQuery = (query ?? '')
    .split('&')
    .filter((pair) => pair.startsWith('batch='))
    .map((pair) => pair.slice('batch='.length));
  const ids = new Set([...(header === undefined ? [] : [header]), ...inQuery].map((id) => id.toLowerCase()));
  const [batchId] = ids;
  if (batchId === undefined) return { kind: 'none' };
  return ids.size === 1 && UUID.test(batchId) ? { kind: 'given', batchId } : { kind: 'malformed' };
}
