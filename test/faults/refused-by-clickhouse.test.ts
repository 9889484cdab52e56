import { describe, expect, test } from '@jest/globals';
import { failWith, ROWS_INSERT } from './support/fault-proxy.ts';
import { whole } from './support/read-truth.ts';
import { ALSO_GOOD, BAD, GOOD } from './support/sample-rows.ts';
import { makeBatch } from './support/signed-batch.ts';
import { useWarmPipeline } from './support/use-warm-pipeline.ts';

const { pipeline, container } = useWarmPipeline();

const CONSTRAINED = "ALTER TABLE {db}.web_events ADD CONSTRAINT wanted CHECK path != '/unwanted'";
const UNWANTED = { ...GOOD, path: '/unwanted' };

describe('a batch with a row that fits the columns, and that ClickHouse refuses', () => {
  test('is spooled at once; replay stores all other rows once and puts that one into quarantine', async () => {
    await pipeline().alter(CONSTRAINED);
    const batch = makeBatch([GOOD, BAD, ALSO_GOOD, UNWANTED, GOOD, GOOD]);

    const answer = await container().send(batch);
    await pipeline().replay();

    expect(answer).toMatchObject({ status: 202, receipt: { outcome: 'spooled', accepted: 5, quarantined: 1 } });
    expect(await pipeline().truthOf(batch)).toEqual({ ledger: whole(4, 2), rows: [0, 2, 4, 5], refused: [1, 3] });
    expect(pipeline().audit).toMatchObject([
      { audit: 'batch', clickhouseCode: 469 },
      { audit: 'replay', outcome: 'stored', rowsStored: 4, rowsRefused: 2, rowsMissed: 1, clickhouseCode: 469 },
    ]);
    expect(await pipeline().spooled()).toEqual([]);
    expect(await pipeline().deadLetters()).toEqual([]);
  });

  test.each([
    ['divides by it', 153, 'intDiv(100, assumeNotNull(status))'],
    ['throws at it', 395, 'throwIf(status = 0)'],
  ])('because a column that the table computes %s, is stored without that row', async (_what, code, expression) => {
    await pipeline().alter(`ALTER TABLE {db}.web_events ADD COLUMN computed UInt8 MATERIALIZED ${expression}`);
    const batch = makeBatch([GOOD, { ...GOOD, status: 0 }, ALSO_GOOD]);

    const answer = await container().send(batch);
    await pipeline().replay();

    expect(answer.status).toBe(202);
    expect(await pipeline().truthOf(batch)).toEqual({ ledger: whole(2, 1), rows: [0, 2], refused: [1] });
    expect(pipeline().audit.at(-1)).toMatchObject({ outcome: 'stored', rowsMissed: 1, clickhouseCode: code });
  });

  test('does not stop the batches after it: one bad row says nothing of ClickHouse’s health', async () => {
    await pipeline().alter(CONSTRAINED);
    await container().send(makeBatch([UNWANTED]));
    const next = makeBatch([GOOD]);

    const answer = await container().send(next);

    expect(answer.status).toBe(200);
    expect((await pipeline().truthOf(next)).rows).toEqual([0]);
  });

  test('whose search is cut short goes on where it was, also when the tables have forgotten its tokens', async () => {
    await pipeline().alter(CONSTRAINED);
    const batch = makeBatch([GOOD, ALSO_GOOD, GOOD, UNWANTED, GOOD, GOOD, GOOD, GOOD]);
    await container().send(batch);
    // ClickHouse dies when it has taken the first part, and before it can say so.
    pipeline().proxy.set(ROWS_INSERT, async (forward) => {
      const reply = await forward();
      return (await pipeline().truthOf(batch)).rows.length > 0 ? 'reset' : reply;
    });

    await pipeline().replay();
    const between = await pipeline().truthOf(batch);
    pipeline().proxy.clear();
    for (const table of ['web_events', 'quarantine', '_batches']) {
      await pipeline().alter(`ALTER TABLE {db}.${table} MODIFY SETTING non_replicated_deduplication_window = 0`);
    }
    await pipeline().replay();

    expect(between.rows).toEqual([0, 1]);
    expect(await pipeline().truthOf(batch)).toEqual({ ledger: whole(7, 1), rows: [0, 1, 2, 4, 5, 6, 7], refused: [3] });
    expect(pipeline().replays()).toEqual([{ outcome: 'waiting' }, { outcome: 'stored' }]);
  });
});

test('a batch whose rows lie in too many partitions for one insert is stored in parts, and stops no other', async () => {
  const { alter } = pipeline();
  await alter('RENAME TABLE {db}.web_events TO {db}.by_arrival');
  await alter(
    'CREATE TABLE {db}.web_events AS {db}.by_arrival ENGINE = MergeTree PARTITION BY toDate(event_time) ORDER BY path',
  );
  await alter('DROP VIEW {db}.web_events_to_batches');
  const day = (index: number) => ({ ...GOOD, event_time: new Date(Date.UTC(2026, 0, 1 + index)).toISOString() });
  const batch = makeBatch(Array.from({ length: 101 }, (_, index) => day(index)));
  const other = makeBatch([GOOD]);

  const answers = [await container().send(batch), await container().send(other)];
  await pipeline().replay();

  expect(answers.map(({ status }) => status)).toEqual([202, 200]);
  expect((await pipeline().truthOf(batch)).rows).toEqual(Array.from({ length: 101 }, (_, row) => row));
  expect((await pipeline().truthOf(batch)).refused).toEqual([]);
});

test('a materialized view that fails keeps its batches waiting whole, and each row is stored once when it is mended', async () => {
  await pipeline().alter('CREATE TABLE {db}.statuses (status UInt16) ENGINE = MergeTree ORDER BY status');
  const view = "SELECT toUInt16(assumeNotNull(status) + throwIf(path = '/also-good')) AS status FROM {db}.web_events";
  const definer = 'DEFINER = CURRENT_USER SQL SECURITY DEFINER';
  await pipeline().alter(`CREATE MATERIALIZED VIEW {db}.to_statuses TO {db}.statuses ${definer} AS ${view}`);
  const batch = makeBatch([GOOD, BAD, ALSO_GOOD]);

  const answer = await container().send(batch);
  await pipeline().replay();
  const during = pipeline().replays();
  await pipeline().alter('DROP VIEW {db}.to_statuses');
  await pipeline().replay();

  expect(answer.status).toBe(202);
  expect(during).toEqual([{ outcome: 'waiting' }]);
  expect(await pipeline().truthOf(batch)).toEqual({ ledger: whole(2, 1), rows: [0, 2], refused: [1] });
  expect(await pipeline().spooled()).toEqual([]);
});

test('a ClickHouse that is not well is asked by one batch; the next ones are spooled without being asked for', async () => {
  pipeline().proxy.set(ROWS_INSERT, failWith(241));
  const batches = [makeBatch([GOOD]), makeBatch([GOOD]), makeBatch([GOOD])];

  const statuses: number[] = [];
  for (const batch of batches) statuses.push((await container().send(batch)).status);
  const asked = pipeline().proxy.statements.filter((statement) => ROWS_INSERT.test(statement)).length;
  pipeline().proxy.clear();
  await pipeline().replay();

  expect(statuses).toEqual([202, 202, 202]);
  expect(asked).toBe(1);
  for (const batch of batches) expect((await pipeline().truthOf(batch)).rows).toEqual([0]);
});
