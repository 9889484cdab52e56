import { describe, expect, test } from '@jest/globals';
import { createEarlierVerdicts } from '../../../../functions/ingest/earlier-verdicts.ts';
import { sealBatch, spoolName } from '../../../../functions/ingest/spool-object.ts';
import type { Verdict } from '../../../../functions/ingest/verdict.ts';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { SPOOL_KEYS, spooledBatch } from '../replay/spooled-batch.ts';
import { CONTRACT } from './stream-contract.ts';

const EARLIER: Verdict = { contract: 'before the migration', refused: [] };
const BATCH = spooledBatch();
const { key } = BATCH.envelope;

async function container(verdict: Verdict | null | undefined, read?: () => Promise<never>) {
  const { objects, spool } = memoryBatchSpool();
  if (verdict !== undefined) {
    objects.set(spoolName(key), await sealBatch(SPOOL_KEYS, { ...BATCH, envelope: { ...BATCH.envelope, verdict } }));
  }
  const state = { now: 0, reads: 0 };
  const counted = async (name: string, signal: AbortSignal) => {
    state.reads++;
    return read === undefined ? spool.read(name, signal) : read();
  };
  const spoolKeys = { get: async () => SPOOL_KEYS };
  const earlier = createEarlierVerdicts({ spool: { read: counted }, spoolKeys, clock: () => state.now });
  return { state, objects, find: () => earlier.find(key, CONTRACT, AbortSignal.timeout(5_000)) };
}

describe('a batch that is sent again', () => {
  test('while it waits under a verdict by another form of its table keeps that verdict', async () => {
    const { find } = await container(EARLIER);
    expect(await find()).toEqual(EARLIER);
  });

  test.each<[string, Verdict | null | undefined]>([
    ['does not wait at all', undefined],
    ['waits unjudged', null],
    ['waits under a verdict by the table as it is', { contract: CONTRACT.hash, refused: [] }],
  ])('is judged as any other where it %s', async (_what, verdict) => {
    const { find } = await container(verdict);
    expect(await find()).toBeUndefined();
  });

  test('is judged as any other where the spool is away, or holds what is not ours', async () => {
    const away = await container(EARLIER, () => Promise.reject(new SpoolError('Reading')));
    expect(await away.find()).toBeUndefined();

    const foreign = await container(EARLIER);
    foreign.objects.set(spoolName(key), Buffer.from('laid here'));
    expect(await foreign.find()).toBeUndefined();
  });

  test('costs nothing when the container has known the contract for an hour', async () => {
    const { find, state } = await container(EARLIER);
    await find();
    state.now = 3_600_000;
    await find();
    state.now = 3_600_001;
    await find();
    expect(state.reads).toBe(2);
  });
});
