import { describe, expect, test } from '@jest/globals';
import { type BatchInsert, StoreError } from '../../../../functions/ingest/batch-store.ts';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { recordingStore } from './recording-store.ts';
import { replayRig } from './replay-rig.ts';
import { BAD, spoolOne } from './spooled-batch.ts';

const UNWANTED = 'canary-unwanted';

/** So many good rows, with one that validation refuses in front and these that only ClickHouse does. */
function rowsWith(good: number, unwanted: readonly number[]): readonly string[] {
  const rows = Array.from(
    { length: good },
    (_, row) => `{"name":"${unwanted.includes(row + 1) ? UNWANTED : `canary-${row}`}"}`,
  );
  return [BAD, ...rows];
}

/** A ClickHouse with a CONSTRAINT: it refuses every insert with such a row. */
function constrained(code = 469) {
  return recordingStore({
    insert: ({ table, bytes }: BatchInsert) => {
      if (table === 'hits' && Buffer.from(bytes).includes(UNWANTED)) throw new StoreError('Storing in hits', code);
    },
  });
}

async function spooled(rows: readonly string[]) {
  const memory = memoryBatchSpool();
  return { memory, ...(await spoolOne(memory.spool, { rows })) };
}

describe('a row that ClickHouse refuses, though validation took it', () => {
  test('goes to quarantine with the reason, all others are stored, and somebody is told', async () => {
    const { memory, name, key } = await spooled(rowsWith(8, [3]));
    const rig = replayRig({ memory, recorded: constrained() });

    const kept = await rig.deliver([name]);

    expect(kept).toEqual([]);
    const tokens = [...rig.kept.keys()].map((token) => token.replace(key, ''));
    expect(tokens).toEqual([':quarantine', ':rows:0-2', ':rows:2-3', ':rows:4-9', ':quarantine:3-4']);
    const line = JSON.parse(Buffer.from(rig.kept.get(`${key}:quarantine:3-4`)?.bytes ?? []).toString());
    expect(line).toMatchObject({
      _row: 3,
      raw: `{"name":"${UNWANTED}"}`,
      codes: ['ROW_UNSTORABLE'],
      columns: [''],
      line: 4,
    });
    expect(rig.lines).toMatchObject([
      { outcome: 'stored', rowsStored: 7, rowsRefused: 2, rowsMissed: 1, clickhouseCode: 469 },
    ]);
    expect(rig.counts).toContainEqual(['RowsMissedByValidation', 1, { stream: 'hits' }]);
    expect(rig.warnings).toMatchObject([{ rows: 1, clickhouseCode: 469, stream: 'hits' }]);
    expect(JSON.stringify([rig.lines, rig.warnings, rig.counts])).not.toContain('canary');
    expect(rig.objects.has(name)).toBe(false);
  });

  test('is looked for only after the batch was refused alone as well: it may have been another’s in the same flush', async () => {
    let flushes = 0;
    const { memory, name, key } = await spooled(rowsWith(8, []));
    const recorded = recordingStore({
      insert: ({ table }) => {
        if (table === 'hits' && flushes++ === 0) throw new StoreError('Storing in hits', 469);
      },
    });
    const rig = replayRig({ memory, recorded });

    await rig.deliver([name]);

    expect([...rig.kept.keys()]).toEqual([`${key}:quarantine`, `${key}:rows`]);
    expect(rig.kept.get(`${key}:rows`)?.alone).toBe(true);
    expect(rig.lines).toMatchObject([{ outcome: 'stored', rowsStored: 8, rowsRefused: 1 }]);
  });

  test('takes at most 64 inserts, however many there are; what was not tried is kept in quarantine too', async () => {
    const unwanted = Array.from({ length: 250 }, (_, row) => 2 * row + 1);
    const { memory, name } = await spooled(rowsWith(500, unwanted));
    const recorded = constrained();
    let inserts = 0;
    const insertCounted = async (insert: BatchInsert) => {
      inserts++;
      await recorded.store.insert(insert);
    };
    const counting = { ...recorded.store, insert: insertCounted };
    const rig = replayRig({ memory, recorded: { ...recorded, store: counting } });

    await rig.deliver([name]);

    const [line] = rig.lines;
    expect(line).toMatchObject({ outcome: 'stored' });
    // Two of the whole batch and two of quarantine beside the search.
    expect(inserts).toBeLessThanOrEqual(64 + 4);
    const { stored, quarantined } = await recorded.store.ledger(addressOf(recorded), AbortSignal.timeout(1_000));
    expect(stored + quarantined).toBe(501);
  });

  test.each([
    ['a materialized view fails', new StoreError('Storing', 6, { inView: true })],
    ['ClickHouse is out of memory', new StoreError('Storing', 241)],
    ['the outcome is unknown', new StoreError('Storing', 319)],
    ['the code is unknown', new StoreError('Storing', 12_345)],
  ])('is not looked for where %s: the rows may be in, so the batch waits whole', async (_what, error) => {
    const { memory, name, key } = await spooled(rowsWith(8, [3]));
    const recorded = recordingStore({
      insert: ({ table }) => {
        if (table === 'hits') throw error;
      },
    });
    const rig = replayRig({ memory, recorded });

    expect(await rig.deliver([name])).toEqual(['message-0']);
    expect([...rig.kept.keys()]).toEqual([`${key}:quarantine`]);
    expect([...rig.objects.keys()]).toEqual([name]);
  });

  test.each(Array.from({ length: 14 }, (_, step) => step))(
    'is found by the next replay where one dies at its step %d, and no row is stored twice',
    async (dies) => {
      const { memory, name } = await spooled(rowsWith(8, [3, 7]));
      const recorded = constrained();
      let steps = 0;
      const step = async <T>(work: () => Promise<T>): Promise<T> => {
        const result = await work();
        if (steps++ === dies) throw new SpoolError('Whatever comes after it');
        return result;
      };
      // Tokens of an earlier attempt are long forgotten: what keeps a row from coming twice is what was written down.
      const inserted: BatchInsert[] = [];
      const store = {
        ...recorded.store,
        insert: (insert: BatchInsert) =>
          step(async () => {
            const token = `${insert.deduplicationToken}#${inserted.length}`;
            await recorded.store.insert({ ...insert, deduplicationToken: token });
            inserted.push(insert);
          }),
      };
      const spool = {
        replace: (...object: Parameters<typeof memory.spool.replace>) => step(() => memory.spool.replace(...object)),
      };
      const rig = replayRig({ memory, recorded: { ...recorded, store }, spool, ageSeconds: 3_600 });

      const first = await rig.deliver([name]);
      if (first.length > 0) await rig.deliver([name], 2);

      const rows = inserted
        .filter(({ table }) => table === 'hits')
        .flatMap(
          ({ bytes }) =>
            Buffer.from(bytes)
              .toString('latin1')
              .match(/canary-\d/g) ?? [],
        );
      expect(rows.toSorted()).toEqual(['canary-0', 'canary-1', 'canary-3', 'canary-4', 'canary-5', 'canary-7']);
      expect(inserted.filter(({ table }) => table === 'quarantine')).toHaveLength(2);
      expect(rig.lines.at(-1)).toMatchObject({ outcome: 'stored', rowsStored: 6, rowsRefused: 3 });
      expect(rig.buried).toEqual([]);
    },
  );
});

/** The address of the only batch there is: its digest is what the recording store counts by. */
function addressOf({ kept }: ReturnType<typeof recordingStore>) {
  const [first] = kept.values();
  const { _batch_digest: digest } = JSON.parse(
    Buffer.from(first?.bytes ?? [])
      .toString()
      .split('\n')[0] ?? '{}',
  );
  return { principal: 'web', stream: 'hits', batchId: '', digest };
}
