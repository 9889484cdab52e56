import { describe, expect, test } from '@jest/globals';
import { spoolBatch } from '../../../../functions/ingest/spool-batch.ts';
import { openBatch, type SpooledBatch, sealBatch, spoolName } from '../../../../functions/ingest/spool-object.ts';
import { type BatchSpool, SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { GOOD, SPOOL_KEYS, spooledBatch } from '../replay/spooled-batch.ts';

const { signal } = new AbortController();

function judgedBy(contract: string): SpooledBatch {
  const { envelope, bytes } = spooledBatch();
  return { envelope: { ...envelope, verdict: { contract, refused: [] } }, bytes };
}

const NAME = spoolName(spooledBatch().envelope.key);

async function put(batch: SpooledBatch, spool: BatchSpool) {
  return spoolBatch(batch, spool, SPOOL_KEYS, signal);
}

async function lyingIn(objects: ReadonlyMap<string, Buffer>) {
  const object = objects.get(NAME) ?? Buffer.alloc(0);
  return openBatch(SPOOL_KEYS, NAME, object);
}

describe('putting a batch into the spool', () => {
  test('keeps it under its own name, and its verdict stands', async () => {
    const { objects, spool } = memoryBatchSpool();

    const standing = await put(judgedBy('first'), spool);

    expect(standing).toEqual({ contract: 'first', refused: [] });
    expect([...objects.keys()]).toEqual([NAME]);
  });

  test.each([
    ['judged', judgedBy('first'), judgedBy('second'), { contract: 'first', refused: [] }],
    ['unjudged', spooledBatch(), judgedBy('second'), null],
    ['judged, sent again unjudged', judgedBy('first'), spooledBatch(), { contract: 'first', refused: [] }],
  ])('sent again while it waits it keeps what it was first: %s', async (_what, first, second, verdict) => {
    const { objects, spool } = memoryBatchSpool();
    await put(first, spool);
    const before = objects.get(NAME);

    const standing = await put(second, spool);

    expect(standing).toEqual(verdict);
    expect(objects.get(NAME)).toBe(before);
  });

  test('two at the same moment come to one verdict', async () => {
    const { objects, spool } = memoryBatchSpool();

    const [one, other] = await Promise.all([put(judgedBy('first'), spool), put(judgedBy('second'), spool)]);

    expect(one).toEqual(other);
    expect((await lyingIn(objects)).envelope.verdict).toEqual(one);
  });

  test('what somebody else laid in its place is written over', async () => {
    const other = await sealBatch(SPOOL_KEYS, spooledBatch({ rows: [GOOD] }));
    const foreign = await sealBatch([{ version: 1, key: Buffer.alloc(32, 9) }], judgedBy('foreign'));
    for (const laid of [Buffer.alloc(0), Buffer.from('laid here'), other, foreign]) {
      const { objects, spool } = memoryBatchSpool();
      objects.set(NAME, laid);

      const standing = await put(judgedBy('mine'), spool);

      expect(standing).toEqual({ contract: 'mine', refused: [] });
      expect((await lyingIn(objects)).envelope.verdict).toEqual(standing);
    }
  });

  test('one that is replayed and removed between two looks is put again', async () => {
    const { objects, spool } = memoryBatchSpool();
    await put(judgedBy('first'), spool);
    const racing = {
      ...spool,
      read: async () => {
        objects.delete(NAME);
        return undefined;
      },
    };

    const standing = await put(judgedBy('second'), racing);

    expect(standing).toEqual({ contract: 'second', refused: [] });
    expect((await lyingIn(objects)).envelope.verdict).toEqual(standing);
  });

  test.each(['create', 'read', 'replace'] as const)('a spool that fails to %s is told', async (step) => {
    const { objects, spool } = memoryBatchSpool();
    objects.set(NAME, Buffer.from('laid here'));
    const fail = async () => {
      throw new SpoolError('That step');
    };
    await expect(put(judgedBy('mine'), { ...spool, [step]: fail })).rejects.toBeInstanceOf(SpoolError);
  });
});
