import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { KeyCache } from '../../edgeworker/src/make-mac.ts';
import { signBatch } from '../../edgeworker/src/sign-batch.ts';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import { answerOf, fakeEdge, ITEM } from '../unit/edgeworker/fake-edge.ts';

const { vectors } = z
  .object({
    vectors: z.array(
      z.object({
        name: z.string(),
        expected: z.string(),
        token: z.string(),
        stream: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.base64(),
        batchKey: z.string(),
        keyId: z.string(),
        created: z.int(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('./batch-signature.json', import.meta.url), 'utf8')));
const { platform } = fakeEdge(() => answerOf(500, ''));

describe('a batch that the edge signs', () => {
  // The edge compresses nothing.
  test.each(vectors.filter(({ expected, headers }) => expected === 'valid' && !('content-encoding' in headers)))(
    '$name: has exactly the published headers',
    async ({ headers: published, ...vector }) => {
      const headers = await signBatch(
        {
          stream: vector.stream,
          body: Buffer.from(vector.body, 'base64'),
          contentType: published['content-type'] ?? '',
          rows: Number(published['edge-batch-rows']),
          batchId: published['edge-batch-id'] ?? '',
          source: published['edge-source'] ?? '',
        },
        { token: vector.token, key: vector.batchKey, keyId: vector.keyId, notBefore: 0, exp: 0 },
        vector.created,
        platform,
      );

      expect(headers).toEqual(published);
    },
  );

  test('has the headers that the server-side sender would give it, whatever its body and key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          stream: fc.stringMatching(/^[a-z][a-z0-9_]{0,40}$/),
          body: fc.string({ unit: 'grapheme' }),
          rows: fc.nat(),
          batchId: fc.uuid(),
          source: fc.stringMatching(/^ew\/\d{1,9}\/[\w.-]{1,20}$/),
          keyBytes: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          created: fc.nat(),
        }),
        async ({ keyBytes, created, ...batch }) => {
          const { token, keyId } = ITEM;
          const unsigned = { ...batch, body: platform.encodeUtf8(batch.body), contentType: 'application/json' };
          const key = Buffer.from(keyBytes).toString('base64url');

          const headers = await signBatch(unsigned, { ...ITEM, key }, created, platform);

          const theirs = batchRequest({ ...unsigned, token, keyId, key: keyBytes, nowSeconds: created });
          expect(headers).toEqual(theirs.headers);
        },
      ),
    );
  });

  test('is the same with a key that is held, with the next one, and where a held one is no longer taken', async () => {
    const [first, second] = [ITEM, { ...ITEM, key: Buffer.alloc(32, 8).toString('base64url') }];
    const imports: string[] = [];
    const { subtle } = platform.crypto;
    const counting: typeof subtle = {
      digest: (...args) => subtle.digest(...args),
      sign: (...args) => subtle.sign(...args),
      importKey: (...args) => {
        imports.push('import');
        return subtle.importKey(...args);
      },
    };
    const here = { ...platform, crypto: { ...platform.crypto, subtle: counting } };
    const unsigned = {
      stream: 'web_events',
      body: platform.encodeUtf8('[{}]'),
      contentType: 'application/json',
      rows: 1,
      batchId: '0193573e-2c00-7a5b-8c1d-0123456789ab',
      source: 'ew/1/1',
    };
    const keys: KeyCache = {};
    const sign = async (item: typeof ITEM) => (await signBatch(unsigned, item, 7, here, keys)).signature;

    const held = [await sign(first), await sign(first)];
    const next = await sign(second);
    keys.batch = { text: second.key, hmacKey: {} };
    const again = await sign(second);

    const fresh = async (item: typeof ITEM) => (await signBatch(unsigned, item, 7, platform)).signature;
    expect([...held, next, again]).toEqual([
      await fresh(first),
      await fresh(first),
      await fresh(second),
      await fresh(second),
    ]);
    expect(imports).toHaveLength(3);
  });
});
