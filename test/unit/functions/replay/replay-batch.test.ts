import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { TABLE } from '../ingest/stream-contract.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { lasting, recordingStore } from './recording-store.ts';
import { configWith, type RigOptions, replayRig } from './replay-rig.ts';
import { ALSO_GOOD, away, BAD, GOOD, insertsOfIngest, ROWS, type Sent, spoolOne } from './spooled-batch.ts';

/** Older than the time in which ClickHouse surely knows a deduplication token again. */
const OLD = 360;

async function spooled(sent: Sent = {}, judged = true) {
  const memory = memoryBatchSpool();
  return { memory, ...(await spoolOne(memory.spool, sent, judged)) };
}

describe('replaying a spooled batch', () => {
  test.each([
    ['plain', {}],
    ['gzip', { gzip: true }],
    ['a JSON array', { mediaType: 'application/json' as const }],
    ['only good rows', { rows: [GOOD] }],
    ['only bad rows', { rows: [BAD] }],
  ])('stores what ingest would have stored, refused rows first, and removes it: %s', async (_what, sent) => {
    const { memory, name } = await spooled(sent);
    const rig = replayRig({ memory });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual([]);
    expect(rig.handed.map(lasting)).toEqual((await insertsOfIngest(sent)).map(lasting));
    expect(rig.objects.size).toBe(0);
  });

  test('does so for any rows, judged or not', async () => {
    const rows = fc.array(
      fc.oneof(
        fc.constantFrom(GOOD, ALSO_GOOD, BAD, '{}', '7'),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), fc.boolean(), async (lines, gzip, judged) => {
        const sent = { rows: lines, gzip };
        const { memory, name } = await spooled(sent, judged);
        const rig = replayRig({ memory });

        await rig.deliver([name]);

        expect(rig.handed.map(lasting)).toEqual((await insertsOfIngest(sent)).map(lasting));
        expect(rig.lines).toEqual([expect.objectContaining({ outcome: 'stored' })]);
      }),
      { numRuns: 100 },
    );
  });

  test('a second delivery finds it gone, and is done', async () => {
    const { memory, name } = await spooled();
    const rig = replayRig({ memory });
    await rig.deliver([name]);

    const kept = await rig.deliver([name], 2);

    expect(kept).toEqual([]);
    expect(rig.handed).toHaveLength(2);
    expect(rig.lines).toMatchObject([{ outcome: 'stored' }, { outcome: 'gone', object: name, receives: 2 }]);
  });

  test('the same message twice in one delivery stores nothing twice', async () => {
    const { memory, name } = await spooled();
    const rig = replayRig({ memory });

    const kept = await rig.deliver([name, name]);

    expect(kept).toEqual([]);
    expect([...rig.kept.values()].map(lasting)).toEqual((await insertsOfIngest()).map(lasting));
    for (const insert of rig.handed) {
      expect(lasting(insert)).toEqual(lasting(rig.kept.get(insert.deduplicationToken) ?? insert));
    }
  });

  test('before the ledger knows of a first attempt: the same bytes under the same tokens, and other query ids', async () => {
    const { memory, name } = await spooled();
    const recorded = recordingStore({ ledger: () => ({ stored: 0, quarantined: 0, missing: 0 }) });
    const crashing = { remove: () => Promise.reject(new SpoolError('Removing an object')) };
    const kept = await replayRig({ memory, recorded, spool: crashing }).deliver([name]);

    await replayRig({ memory, recorded }).deliver([name], 2);

    const ofIngest = (await insertsOfIngest()).map(lasting);
    expect(kept).toEqual(['message-0']);
    expect(recorded.handed.map(lasting)).toEqual([...ofIngest, ...ofIngest]);
    expect(new Set(recorded.handed.map(({ queryId }) => queryId)).size).toBe(4);
    expect(memory.objects.size).toBe(0);
  });

  test('while the quarantine table cannot take its rows, the good ones wait too', async () => {
    const { memory, name } = await spooled();
    const recorded = recordingStore({ insert: ({ table }) => (table === 'quarantine' ? away() : undefined) });
    const rig = replayRig({ memory, recorded });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual(['message-0']);
    expect(rig.handed).toEqual([]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test('a stream that writes to a table of another name goes there', async () => {
    const { memory, name } = await spooled();
    const config = configWith({}, { streams: { hits: { table: 'page_hits' }, other: {} } });
    const rig = replayRig({ memory, config });

    await rig.deliver([name]);

    expect(rig.handed.map(({ table }) => table)).toEqual(['quarantine', 'page_hits']);
  });
});

describe('replaying a batch of which something may be in ClickHouse', () => {
  test.each([
    ['nothing', { stored: 0, quarantined: 0, missing: 0 }, ['quarantine', 'hits']],
    ['all', { stored: 2, quarantined: 1, missing: 0 }, []],
    ['only the refused rows', { stored: 0, quarantined: 1, missing: 2 }, ['hits']],
    ['only the good rows', { stored: 2, quarantined: 0, missing: 1 }, ['quarantine']],
  ])('inserts what is not there, and removes it: the ledger has %s', async (_what, entry, inserted) => {
    const { memory, name } = await spooled();
    const rig = replayRig({ memory, ageSeconds: OLD, recorded: recordingStore({ ledger: () => entry }) });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual([]);
    expect(rig.handed.map(({ table }) => table)).toEqual(inserted);
    expect(rig.lines).toMatchObject([{ outcome: 'stored', rowsStored: 2, rowsRefused: 1, ageSeconds: OLD }]);
    expect(rig.objects.size).toBe(0);
  });

  test.each([
    ['some of the good rows', { stored: 1, quarantined: 1, missing: 1 }],
    ['more rows than there were', { stored: 3, quarantined: 1, missing: 0 }],
    ['more refused rows than there were', { stored: 0, quarantined: 2, missing: 1 }],
    ['a row in both tables', { stored: 2, quarantined: 1, missing: 1 }],
  ])('touches nothing where the ledger has %s: a person has to look', async (_what, entry) => {
    const { memory, name } = await spooled();
    const rig = replayRig({ memory, ageSeconds: OLD, recorded: recordingStore({ ledger: () => entry }) });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual([]);
    expect(rig.handed).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'PARTLY_STORED']]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test('that was stored before a crash is not inserted again, whatever ClickHouse forgot', async () => {
    const { memory, name } = await spooled();
    const recorded = recordingStore();
    const crashing = { remove: () => Promise.reject(new SpoolError('Removing an object')) };
    await replayRig({ memory, recorded, spool: crashing }).deliver([name]);

    await replayRig({ memory, recorded, ageSeconds: 86_400 }).deliver([name], 2);

    expect(recorded.handed).toHaveLength(2);
    expect(memory.objects.size).toBe(0);
  });

  test('waits while the ledger cannot be read', async () => {
    const { memory, name } = await spooled();
    const rig = replayRig({ memory, ageSeconds: OLD, recorded: recordingStore({ ledger: away }) });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual(['message-0']);
    expect(rig.handed).toEqual([]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test.each([
    [OLD - 1, 1],
    [OLD, 2],
  ])('asks the ledger after it has inserted, and from 360 s on also before: %d s', async (ageSeconds, reads) => {
    const { memory, name } = await spooled({ rows: ROWS });
    const rig = replayRig({ memory, ageSeconds });

    await rig.deliver([name]);

    expect(rig.ledgerReads()).toBe(reads);
  });

  test.each<[string, RigOptions]>([
    ['old', { ageSeconds: OLD }],
    ['as its table has changed', { columns: [...TABLE, { name: 'later', type: 'String', defaultKind: 'DEFAULT' }] }],
  ])('that was sent again, judged anew and stored under that verdict is done: %s', async (_what, options) => {
    const { memory, name } = await spooled({ rows: ROWS });
    const ledger = () => ({ stored: 3, quarantined: 0, missing: 0 });
    const rig = replayRig({ ...options, memory, recorded: recordingStore({ ledger }, options.columns) });

    await rig.deliver([name]);

    expect(rig.handed).toEqual([]);
    expect(rig.lines).toMatchObject([{ outcome: 'stored', rowsStored: 3, rowsRefused: 0 }]);
    expect(rig.objects.size).toBe(0);
  });

  test('is kept where the ledger has other rows than it inserted: the batch was judged twice', async () => {
    const { memory, name } = await spooled({ rows: ROWS });
    const other = { stored: 1, quarantined: 1, missing: 1 };
    const rig = replayRig({ memory, recorded: recordingStore({ ledger: () => other }) });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'PARTLY_STORED']]);
    expect(rig.objects.has(name)).toBe(true);
  });
});
