import { createHash } from 'node:crypto';
import { type BatchMessage, contentDigest } from '../../../functions/shared/batch-signature.ts';

export const KEY = Buffer.alloc(32, 1);
/** When the examples of RFC 9421 were signed. */
export const CREATED = 1_618_884_473;
export const MESSAGE: BatchMessage = {
  path: '/v1/streams/web_events/batches',
  contentType: 'application/json',
  contentDigest: contentDigest(createHash('sha256').update('[]').digest()),
  batchId: '0193562a-7b1e-7000-8000-000000000001',
  batchRows: '1',
  source: 'ew/12345/1.2.0',
};

/** The headers of that batch, but for one. */
export function headersWith(name: string, value: string): Readonly<Record<string, string>> {
  return {
    authorization: 'Bearer a',
    'content-type': MESSAGE.contentType,
    'content-digest': MESSAGE.contentDigest,
    'edge-batch-id': MESSAGE.batchId,
    'edge-batch-rows': MESSAGE.batchRows,
    'edge-source': MESSAGE.source,
    'signature-input': 'edge=()',
    signature: 'edge=::',
    [name]: value,
  };
}
