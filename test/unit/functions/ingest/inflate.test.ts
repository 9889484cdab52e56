import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inflate } from '../../../../functions/ingest/inflate.ts';

const LIMITS = { inflatedBytes: 20_000_000, inflateRatio: 100 };

describe('inflating a body', () => {
  test('gives back what was compressed, and leaves a plain body alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        expect((await inflate(gzipSync(bytes), 'gzip', LIMITS)).equals(Buffer.from(bytes))).toBe(true);
        expect(await inflate(Buffer.from(bytes), undefined, LIMITS)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('a bomb stops at the ratio', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const before = process.memoryUsage().arrayBuffers;
    await expect(inflate(bomb, 'gzip', LIMITS)).rejects.toMatchObject({ code: 'INFLATE_LIMIT' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('a body of exactly the limit is taken, and one byte more is not', async () => {
    const limits = { inflatedBytes: 1_000, inflateRatio: 100 };
    expect(await inflate(gzipSync(Buffer.alloc(1_000)), 'gzip', limits)).toHaveLength(1_000);
    await expect(inflate(gzipSync(Buffer.alloc(1_001)), 'gzip', limits)).rejects.toMatchObject({
      code: 'INFLATE_LIMIT',
    });
  });

  test('what is no gzip, or half of one, is malformed', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('[]'), gzipSync('[{"name":"a"}]').subarray(0, 20)]) {
      await expect(inflate(bytes, 'gzip', LIMITS)).rejects.toMatchObject({ code: 'BODY_MALFORMED' });
    }
  });
});
