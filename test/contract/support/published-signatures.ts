import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type BatchMessage, batchPath } from '../../../functions/shared/batch-signature.ts';
import { formatVersionedKeys, parseVersionedKeys } from '../../../functions/shared/versioned-keys.ts';

const vectorSchema = z.strictObject({
  name: z.string(),
  expected: z.enum(['valid', 'invalid', 'stale']),
  now: z.int(),
  token: z.string(),
  masters: z.array(z.strictObject({ version: z.int(), key: z.string() })),
  stream: z.string(),
  headers: z.strictObject({
    authorization: z.string(),
    'content-type': z.string(),
    'content-encoding': z.literal('gzip').optional(),
    'content-digest': z.string(),
    'edge-batch-id': z.string(),
    'edge-batch-rows': z.string(),
    'edge-source': z.string(),
    'signature-input': z.string(),
    signature: z.string(),
  }),
  body: z.base64(),
  batchKey: z.string(),
  keyId: z.string(),
  created: z.int(),
  signatureBase: z.string(),
});
type Vector = z.infer<typeof vectorSchema>;

const principalKeyVectorSchema = vectorSchema.omit({ token: true, masters: true }).extend({
  principal: z.string(),
  keys: vectorSchema.shape.masters,
  headers: vectorSchema.shape.headers.omit({ authorization: true }),
});

export const { vectors, principalKeyVectors } = z
  .strictObject({
    description: z.string(),
    vectors: z.array(vectorSchema),
    principalKeyVectors: z.array(principalKeyVectorSchema),
  })
  .parse(JSON.parse(readFileSync(new URL('../batch-signature.json', import.meta.url), 'utf8')));

/** Those that are to be taken. */
export const good = vectors.filter((vector) => vector.expected === 'valid');

/** As the secret holds them. */
export function masterOf(vector: Pick<Vector, 'masters'>) {
  const [current, previous] = vector.masters;
  return parseVersionedKeys(formatVersionedKeys(parseVersionedKeys(JSON.stringify({ ...current, previous }))));
}

/** What the signature covers. */
export function messageOf({
  stream,
  headers,
}: Pick<Vector, 'stream'> & { readonly headers: Omit<Vector['headers'], 'authorization'> }): BatchMessage {
  return {
    path: batchPath(stream),
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    contentDigest: headers['content-digest'],
    batchId: headers['edge-batch-id'],
    batchRows: headers['edge-batch-rows'],
    source: headers['edge-source'],
  };
}

export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('The list is empty; expected at least one vector.');
  return item;
}
