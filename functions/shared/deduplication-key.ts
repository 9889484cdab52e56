import { createHash } from 'node:crypto';

/**
 * What makes a batch one batch, everywhere and for ever: SHA-256 hex over the length-prefixed parts. It holds no region,
 * so a retry that lands in another region is still the same batch. ClickHouse's deduplication tokens are this key with
 * a suffix, the spool object's name is this key alone (design §3.5, §3.6).
 *
 * @param digest the `Content-Digest` value of the body as sent
 */
export function deduplicationKey(principal: string, stream: string, batchId: string, digest: string): string {
  const hash = createHash('sha256');
  for (const part of [principal, stream, batchId, digest]) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex');
}
