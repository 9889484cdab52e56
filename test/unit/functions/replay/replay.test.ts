import { describe, expect, test } from '@jest/globals';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { TABLE } from '../ingest/stream-contract.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { recordingStore } from './recording-store.ts';
import { configWith, type RigOptions, replayRig } from './replay-rig.ts';
import { ALSO_GOOD, away, BAD, GOOD, spoolOne } from './spooled-batch.ts';

async function spooled(judged = true) {
  const memory = memoryBatchSpool();
  return { memory, ...(await spoolOne(memory.spool, {}, judged)) };
}

async function replayed(options: RigOptions = {}, receives = 1) {
  const { memory, name, batch } = await spooled();
  const rig = replayRig({ memory, ...options });
  const kept = await rig.deliver([name], receives);
  return { rig, kept, name, stamp: batch.envelope.stamp };
}

const AWAY = recordingStore({ insert: away });
const QUOTING = recordingStore({
  insert: () => {
    throw Object.assign(new Error('canary'), { code: '27', type: 'canary' });
  },
});

describe('a batch that cannot be stored yet', () => {
  test.each([
    [1, 1],
    [2, 2],
    [5, 16],
    [11, 900],
    [400, 900],
  ])(
    'stays in the queue and in the spool, and comes later and later: after %d receives in %d s',
    async (receives, s) => {
      const { rig, kept, name } = await replayed({ recorded: AWAY }, receives);

      expect(kept).toEqual(['message-0']);
      expect(rig.postponed).toEqual([['handle-0', s]]);
      expect(rig.buried).toEqual([]);
      expect(rig.objects.has(name)).toBe(true);
    },
  );

  test('comes as soon as the composition wants it at the latest', async () => {
    const { rig } = await replayed({ recorded: AWAY, mostBackoffSeconds: 5 }, 20);
    expect(rig.postponed).toEqual([['handle-0', 5]]);
  });

  test.each([
    ['the spool cannot be read', { spool: { read: () => Promise.reject(new SpoolError('Reading an object')) } }],
    ['the object cannot be removed', { spool: { remove: () => Promise.reject(new SpoolError('Removing it')) } }],
    ['the table cannot be read', { recorded: recordingStore({ describe: away }) }],
    ['something that nobody expected happens', { recorded: QUOTING }],
  ])('waits too where %s', async (_what, options) => {
    const { rig, kept, name } = await replayed(options);

    expect(kept).toEqual(['message-0']);
    expect(rig.postponed).toEqual([['handle-0', 1]]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test('holds up none of those that came with it', async () => {
    const memory = memoryBatchSpool();
    const [good, bad] = [await spoolOne(memory.spool, { rows: [GOOD] }), await spoolOne(memory.spool, { rows: [BAD] })];
    const also = await spoolOne(memory.spool, { rows: [ALSO_GOOD] });
    const recorded = recordingStore({ insert: ({ table }) => (table === 'quarantine' ? away() : undefined) });
    const rig = replayRig({ memory, recorded });

    const kept = await rig.deliver([good.name, bad.name, also.name]);

    expect(kept).toEqual(['message-1']);
    expect([...rig.objects.keys()]).toEqual([bad.name]);
  });
});

describe('a queue that does not answer', () => {
  test.each([
    ['postponed', { recorded: AWAY }],
    ['buried', { config: configWith({ deny: [{ write: ['hits'] }] }) }],
  ])('keeps a message that was to be %s, and says so', async (_what, options) => {
    const { rig, kept, name } = await replayed({ ...options, queueFails: true });

    expect(kept).toEqual(['message-0']);
    expect(rig.warnings).toContainEqual({ warning: 'The replay queue did not answer', error: 'Error' });
    expect(rig.objects.has(name)).toBe(true);
  });

  test('is not asked for a batch that is stored', async () => {
    const { kept } = await replayed({ queueFails: true });
    expect(kept).toEqual([]);
  });
});

describe('what replay says', () => {
  test('of a stored batch: one audit line that leads back to the request, and how many rows went where', async () => {
    const { rig, name, stamp } = await replayed({}, 3);

    expect(rig.lines).toEqual([
      {
        audit: 'replay',
        time: '2026-01-01T00:01:00.000Z',
        requestId: 'message-0.3',
        outcome: 'stored',
        object: name,
        receives: 3,
        policyHash: configWith().policyHash,
        principal: 'web',
        stream: 'hits',
        source: 'ew/1/1.0.0',
        batchId: stamp._batch_id,
        digest: stamp._batch_digest,
        spooledBy: 'ingest-1',
        rowsStored: 2,
        rowsRefused: 1,
        ageSeconds: 60,
      },
    ]);
    expect(rig.counts).toEqual([
      ['BatchesReplayed', 1, { stream: 'hits' }],
      ['RowsStored', 2, { stream: 'hits' }],
      ['RowsQuarantined', 1, { stream: 'hits' }],
    ]);
    expect(rig.warnings).toEqual([]);
    expect(rig.handed.map(({ queryId }) => queryId)).toEqual(['message-0.3:quarantine', 'message-0.3:rows']);
  });

  test('of one that is gone: the audit line alone', async () => {
    const rig = replayRig();
    const name = `spool/${'0'.repeat(64)}`;

    await rig.deliver([name]);

    expect(rig.lines).toEqual([expect.objectContaining({ outcome: 'gone', object: name })]);
    expect([rig.counts, rig.warnings, rig.postponed, rig.buried]).toEqual([[], [], [], []]);
  });

  test('of one that waits: ClickHouse’s code, and a metric', async () => {
    const { rig } = await replayed({ recorded: AWAY }, 4);

    expect(rig.lines).toMatchObject([{ outcome: 'waiting', clickhouseCode: 241, spooledBy: 'ingest-1', receives: 4 }]);
    expect(rig.lines[0]).not.toHaveProperty('rowsStored');
    expect(rig.counts).toEqual([['ReplaysPostponed', 1, { stream: 'hits' }]]);
    expect(rig.warnings).toMatchObject([{ code: 'STORE_FAILED', batches: 1 }]);
  });

  test('of one that is dead: why, and a metric by that reason', async () => {
    const { rig, name } = await replayed({ config: configWith({ deny: [{ write: ['hits'] }] }) });

    expect(rig.lines).toMatchObject([{ outcome: 'dead', code: 'POLICY_DENIED', principal: 'web', stream: 'hits' }]);
    expect(rig.counts).toEqual([['BatchesBuried', 1, { stream: 'hits', code: 'POLICY_DENIED' }]]);
    expect(rig.warnings).toMatchObject([{ code: 'POLICY_DENIED', object: name, stream: 'hits' }]);
  });

  test('a stream that the config does not know makes no metric of its own', async () => {
    const { rig } = await replayed({ config: configWith({ allow: [] }, { streams: { other: {} } }) });
    expect(rig.counts).toEqual([['BatchesBuried', 1, { stream: 'unknown', code: 'POLICY_DENIED' }]]);
  });

  test.each<[string, RigOptions]>([
    ['stored', {}],
    ['ClickHouse is away', { recorded: AWAY }],
    ['an error that quotes rows', { recorded: QUOTING }],
    ['its rows no longer fit', { columns: TABLE.map((column) => ({ ...column, type: fitless(column) })) }],
    ['denied', { config: configWith({ deny: [{ write: ['*'] }] }) }],
    ['tampered', { keys: [{ version: 1, key: Buffer.alloc(32, 9) }] }],
    [
      'partly stored',
      { ageSeconds: 9_999, recorded: recordingStore({ ledger: () => ({ stored: 1, quarantined: 0, missing: 2 }) }) },
    ],
    ['the queue fails', { recorded: AWAY, queueFails: true }],
  ])('no value of a row in any line, metric or warning: %s', async (_what, options) => {
    for (const judged of [true, false]) {
      const { memory, name } = await spooled(judged);
      const rig = replayRig({ memory, ...options });
      await rig.deliver([name]);
      expect(JSON.stringify([rig.lines, rig.warnings, rig.counts])).not.toContain('canary');
    }
  });
});

function fitless({ name, type }: { readonly name: string; readonly type: string }): string {
  return name === 'name' ? 'UInt8' : type;
}
