import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openBatch, sealBatch, spoolName } from '../../../../functions/ingest/spool-object.ts';
import { ObjectTamperedError } from '../../../../functions/shared/sealed-object.ts';
import { GOOD, SPOOL_KEYS, spooledBatch } from '../replay/spooled-batch.ts';

const NEWER = { version: 2, key: Buffer.alloc(32, 3) };

const sent = fc.record({
  rows: fc.array(
    fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => JSON.stringify({ name: text })),
    { minLength: 1, maxLength: 5 },
  ),
  gzip: fc.boolean(),
  mediaType: fc.constantFrom('application/json' as const, 'application/x-ndjson' as const),
});

describe('a batch in the spool', () => {
  test('comes out as it was sent, plain or gzip, with all that is known of it', async () => {
    await fc.assert(
      fc.asyncProperty(sent, async (sending) => {
        const batch = spooledBatch(sending);

        const object = await sealBatch(SPOOL_KEYS, batch);

        const opened = await openBatch(SPOOL_KEYS, spoolName(batch.envelope.key), object);
        expect(opened.envelope).toEqual(batch.envelope);
        expect(opened.bytes.equals(batch.bytes)).toBe(true);
      }),
    );
  });

  test.each([false, true])('keeps its verdict, faults in other alphabets too (gzip: %s)', async (gzip) => {
    const { envelope, bytes } = spooledBatch({ gzip });
    const faults = [
      { column: 'naïve\n\ud83d\ude00 \ud800', code: 'FIELD_UNKNOWN' as const, message: 'no such column' },
    ];
    const verdict = { contract: 'c'.repeat(64), refused: [{ row: 1, line: 2, faults }] };

    const object = await sealBatch(SPOOL_KEYS, { envelope: { ...envelope, verdict }, bytes });

    expect((await openBatch(SPOOL_KEYS, spoolName(envelope.key), object)).envelope.verdict).toEqual(verdict);
  });

  test('lies there as gzip, and is not compressed twice', async () => {
    const [plain, packed] = [spooledBatch(), spooledBatch({ gzip: true })];

    const [first, second] = [await sealBatch(SPOOL_KEYS, plain), await sealBatch(SPOOL_KEYS, packed)];

    expect(gunzipSync(bodyOf(first)).equals(plain.bytes)).toBe(true);
    expect(bodyOf(second).equals(packed.bytes)).toBe(true);
  });

  test('is named by its deduplication key, under the prefix that is announced', () => {
    const { envelope } = spooledBatch();
    expect(spoolName(envelope.key)).toMatch(/^spool\/[0-9a-f]{64}$/);
  });

  test('under another batch’s name is tampered', async () => {
    const object = await sealBatch(SPOOL_KEYS, spooledBatch());
    const other = spoolName(spooledBatch({ rows: [GOOD] }).envelope.key);
    await expect(openBatch(SPOOL_KEYS, other, object)).rejects.toBeInstanceOf(ObjectTamperedError);
  });

  test('with another body of ours than its digest says is tampered, plain or gzip', async () => {
    for (const gzip of [false, true]) {
      const { envelope } = spooledBatch({ gzip });
      const object = await sealBatch(SPOOL_KEYS, { envelope, bytes: spooledBatch({ gzip, rows: [GOOD] }).bytes });
      await expect(openBatch(SPOOL_KEYS, spoolName(envelope.key), object)).rejects.toMatchObject({
        code: 'OBJECT_TAMPERED',
        message: expect.stringContaining('digest'),
      });
    }
  });

  test('written before the key was rotated still opens', async () => {
    const batch = spooledBatch();
    const object = await sealBatch(SPOOL_KEYS, batch);

    const { bytes } = await openBatch([NEWER, ...SPOOL_KEYS], spoolName(batch.envelope.key), object);

    expect(bytes.equals(batch.bytes)).toBe(true);
    await expect(openBatch([NEWER], spoolName(batch.envelope.key), object)).rejects.toMatchObject({
      code: 'SEAL_KEY_UNKNOWN',
    });
  });

  test('with any byte changed, or any bytes in its place, is tampered and nothing else', async () => {
    const batch = spooledBatch();
    const name = spoolName(batch.envelope.key);
    const object = await sealBatch(SPOOL_KEYS, batch);
    // The first names the version of the key.
    const at = fc.integer({ min: 1, max: object.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), fc.uint8Array(), async (index, mask, other) => {
        const changed = Buffer.from(object);
        changed.writeUInt8(changed.readUInt8(index) ^ mask, index);
        for (const laid of [changed, Buffer.from(other)]) {
          await expect(openBatch(SPOOL_KEYS, name, laid)).rejects.toBeInstanceOf(ObjectTamperedError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Behind the seal's line and the envelope's. */
function bodyOf(object: Buffer): Buffer {
  const envelope = object.indexOf(0x0a) + 1;
  return object.subarray(object.indexOf(0x0a, envelope) + 1);
}
