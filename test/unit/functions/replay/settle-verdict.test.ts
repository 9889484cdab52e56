import { describe, expect, test } from '@jest/globals';
import type { ColumnDescription } from '../../../../functions/ingest/batch-store.ts';
import { type BatchSpool, SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { sealObject, unsealObject } from '../../../../functions/shared/sealed-object.ts';
import { TABLE } from '../ingest/stream-contract.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { lasting, recordingStore } from './recording-store.ts';
import { replayRig } from './replay-rig.ts';
import { away, insertsOfIngest, SPOOL_KEYS, spoolOne } from './spooled-batch.ts';

/** Judged by this table, the first good row is bad for its field that is no column, and so is the bad one. */
const WITHOUT_STATUS: readonly ColumnDescription[] = TABLE.filter(({ name }) => name !== 'status');

async function unjudged() {
  const memory = memoryBatchSpool();
  return { memory, ...(await spoolOne(memory.spool, {}, false)) };
}

/** Has one create wait until the other has been made, both having found nothing before. */
function gates() {
  const { promise: bothJudged, resolve: secondJudged } = Promise.withResolvers<void>();
  const { promise: firstDone, resolve: firstCreated } = Promise.withResolvers<void>();
  const created: string[] = [];
  const create = async (spool: BatchSpool, object: Parameters<BatchSpool['create']>) => {
    const outcome = await spool.create(...object);
    created.push(outcome);
    return outcome;
  };
  return {
    created,
    first:
      (spool: BatchSpool): BatchSpool['create'] =>
      async (...object) => {
        await bothJudged;
        return create(spool, object).finally(firstCreated);
      },
    second:
      (spool: BatchSpool): BatchSpool['create'] =>
      async (...object) => {
        secondJudged();
        await firstDone;
        return create(spool, object);
      },
  };
}

describe('a batch that was spooled unjudged', () => {
  test('is judged once: its verdict is written before any row, sealed, and stays', async () => {
    const { memory, name, key } = await unjudged();
    const seen: boolean[] = [];
    const recorded = recordingStore({ insert: () => seen.push(memory.objects.has(`verdicts/${key}`)) });

    const kept = await replayRig({ memory, recorded }).deliver([name]);

    expect(kept).toEqual([]);
    expect(seen).toEqual([true, true]);
    expect(recorded.handed.map(lasting)).toEqual((await insertsOfIngest()).map(lasting));
    expect([...memory.objects.keys()]).toEqual([`verdicts/${key}`]);
    const verdict = unsealObject(SPOOL_KEYS, `verdicts/${key}`, memory.objects.get(`verdicts/${key}`) ?? Buffer.of());
    expect(JSON.parse(verdict.toString())).toMatchObject({ refused: [{ row: 1, line: 2 }] });
    expect(verdict.toString()).not.toContain('canary');
  });

  test('keeps its verdict when the table changes between two attempts', async () => {
    const { memory, name } = await unjudged();
    const failing = recordingStore({ insert: away });
    const kept = await replayRig({ memory, recorded: failing }).deliver([name]);
    const recorded = recordingStore({}, WITHOUT_STATUS);

    await replayRig({ memory, recorded }).deliver([name], 2);

    const [quarantined] = (await insertsOfIngest()).map(lasting);
    expect(kept).toEqual(['message-0']);
    expect(recorded.handed.map(lasting)).toMatchObject([quarantined, { table: 'hits' }]);
  });

  test('keeps it also when it is sent and spooled again after it was stored', async () => {
    const { memory, name } = await unjudged();
    await replayRig({ memory }).deliver([name]);
    await spoolOne(memory.spool, {}, false);
    const recorded = recordingStore({}, WITHOUT_STATUS);

    await replayRig({ memory, recorded }).deliver([name]);

    expect(recorded.handed[0] && lasting(recorded.handed[0])).toEqual((await insertsOfIngest()).map(lasting)[0]);
  });

  test.each([
    ['as it was', TABLE, WITHOUT_STATUS, { rowsStored: 2, rowsRefused: 1 }],
    ['as it is', WITHOUT_STATUS, TABLE, { rowsStored: 1, rowsRefused: 2 }],
  ])('replayed twice side by side has one verdict: the first saw the table %s', async (_what, first, second, rows) => {
    const { memory, name, key } = await unjudged();
    const { created, ...create } = gates();
    const one = replayRig({ memory, columns: first, spool: { create: create.first(memory.spool) } });
    const other = replayRig({ memory, columns: second, spool: { create: create.second(memory.spool) } });

    const kept = await Promise.all([other.deliver([name]), one.deliver([name])]);

    expect(created).toEqual(['created', 'exists']);
    expect(kept).toEqual([[], []]);
    for (const { lines } of [one, other]) expect(lines).toMatchObject([{ outcome: 'stored', ...rows }]);
    expect(other.handed.map(({ deduplicationToken }) => deduplicationToken)).toEqual(
      one.handed.map(({ deduplicationToken }) => deduplicationToken),
    );
    expect(other.handed.map(lasting)[0]).toEqual(one.handed.map(lasting)[0]);
    expect([...memory.objects.keys()]).toEqual([`verdicts/${key}`]);
  });

  test.each([
    ['changed', (object: Buffer) => Buffer.concat([object, Buffer.from(' ')])],
    ['of another batch', () => sealObject(SPOOL_KEYS, `verdicts/${'0'.repeat(64)}`, NOTHING_REFUSED)],
    ['sealed by somebody else', (_: Buffer, name: string) => sealObject(FOREIGN_KEYS, name, NOTHING_REFUSED)],
    ['without a seal', () => NOTHING_REFUSED],
  ])('with a verdict that is %s: dead, and not a row is stored', async (_what, lay) => {
    const { memory, name, key } = await unjudged();
    await replayRig({ memory, recorded: recordingStore({ insert: away }) }).deliver([name]);
    const verdict = `verdicts/${key}`;
    memory.objects.set(verdict, lay(memory.objects.get(verdict) ?? Buffer.of(), verdict));
    const rig = replayRig({ memory });

    const kept = await rig.deliver([name], 2);

    expect(kept).toEqual([]);
    expect(rig.handed).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'OBJECT_TAMPERED']]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test('whose verdict was there and is gone is dead, and not a row is stored', async () => {
    const { memory, name } = await unjudged();
    const rig = replayRig({ memory, spool: { create: async () => 'exists' } });

    await rig.deliver([name]);

    expect(rig.handed).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'OBJECT_TAMPERED']]);
  });

  test('waits while its verdict cannot be written, and not a row is stored', async () => {
    const { memory, name } = await unjudged();
    const create = () => Promise.reject(new SpoolError('Writing an object'));
    const rig = replayRig({ memory, spool: { create } });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual(['message-0']);
    expect(rig.handed).toEqual([]);
    expect(rig.objects.has(name)).toBe(true);
  });
});

const NOTHING_REFUSED = Buffer.from('{"contract":"any","refused":[]}');
const FOREIGN_KEYS = [{ version: 1, key: Buffer.alloc(32, 9) }] as const;
