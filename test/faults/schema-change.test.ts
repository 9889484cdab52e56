import { rename } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { failWith, ROWS_INSERT } from './support/fault-proxy.ts';
import { whole } from './support/read-truth.ts';
import { ALSO_GOOD, BAD, GOOD, GOOD_IN_TIME, MIXED } from './support/sample-rows.ts';
import { makeBatch, type TestBatch } from './support/signed-batch.ts';
import { EXACTLY_ONCE, useWarmPipeline } from './support/use-warm-pipeline.ts';

const { database, pipeline, container } = useWarmPipeline();

describe('a table that is changed while a judged batch waits in the spool', () => {
  test.each([
    [
      'a column with a DEFAULT was added: its rows take the default',
      "ADD COLUMN tenant LowCardinality(String) DEFAULT 'main' AFTER path",
      'SELECT groupUniqArray(tenant) AS seen FROM {db}.web_events WHERE _batch_rows = 4',
      ['main'],
    ],
    [
      'a column without a DEFAULT that cannot be NULL was added: its rows take the default of the type',
      'ADD COLUMN priority UInt8',
      'SELECT groupUniqArray(priority) AS seen FROM {db}.web_events WHERE _batch_rows = 4',
      [0],
    ],
    [
      'a column that some rows fill was dropped: they are stored without it',
      'DROP COLUMN city',
      'SELECT arraySort(groupArray(path)) AS seen FROM {db}.web_events WHERE _batch_rows = 4',
      ['/also-good', '/good'],
    ],
    [
      'a column became wider: its values are as sent',
      'MODIFY COLUMN status Nullable(UInt32)',
      'SELECT arraySort(groupArray(status)) AS seen FROM {db}.web_events WHERE _batch_rows = 4',
      [200, 404],
    ],
    [
      'a refused row would be welcome now: it stays in quarantine, because the sender was told so',
      'ADD COLUMN campaign Nullable(String)',
      'SELECT groupArray(campaign) AS seen FROM {db}.web_events WHERE _batch_rows = 4',
      [],
    ],
  ])('%s', async (_what, change, query, expected) => {
    const batch = await spoolJudged(MIXED);
    await pipeline().alter(`ALTER TABLE {db}.web_events ${change}`);

    await pipeline().replay();

    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await seen(query)).toEqual(expected);
    expect(pipeline().replays()).toEqual([{ outcome: 'stored' }]);
    expect(await pipeline().spooled()).toEqual([]);
  });

  test('a type that an accepted row does not fit makes a dead letter, and the batch is kept whole until a person has seen to it', async () => {
    const batch = await spoolJudged([GOOD, ALSO_GOOD]);
    await pipeline().alter('ALTER TABLE {db}.web_events MODIFY COLUMN bytes Nullable(String)');

    await pipeline().replay();
    const [afterChange, letters, kept] = [
      await pipeline().truthOf(batch),
      await pipeline().deadLetters(),
      await pipeline().spooled(),
    ];
    await pipeline().alter('ALTER TABLE {db}.web_events MODIFY COLUMN bytes Nullable(UInt64)');
    pipeline().queue.resend(kept);
    const resentAlthoughDead = pipeline().queue.waiting();
    pipeline().queue.send(batch.spoolName);
    await pipeline().replay();

    expect(afterChange).toEqual({ ledger: undefined, rows: [], refused: [] });
    expect(letters).toMatchObject([{ name: batch.spoolName, reason: 'VERDICT_UNFIT' }]);
    expect(kept).toEqual([batch.spoolName]);
    expect(resentAlthoughDead).toBe(0);
    expect(await pipeline().truthOf(batch)).toEqual({ ledger: whole(2, 0), rows: [0, 1], refused: [] });
    expect(pipeline().replays()).toEqual([{ outcome: 'dead', code: 'VERDICT_UNFIT' }, { outcome: 'stored' }]);
    expect(await pipeline().spooled()).toEqual([]);
  });

  test.each([
    [
      'has a column that cannot be judged',
      ['ALTER TABLE {db}.web_events ADD COLUMN tags AggregateFunction(sum, UInt64)'],
      ['ALTER TABLE {db}.web_events DROP COLUMN tags'],
    ],
    [
      'is partitioned by when a batch is received',
      [
        'CREATE TABLE {db}.by_day AS {db}.web_events ENGINE = MergeTree PARTITION BY toDate(_received_at) ORDER BY path',
        'EXCHANGE TABLES {db}.web_events AND {db}.by_day',
      ],
      ['EXCHANGE TABLES {db}.web_events AND {db}.by_day'],
    ],
  ])(
    'a table that %s keeps its batches waiting, and they are stored when it is mended',
    async (_what, change, undo) => {
      const batch = await spoolJudged(MIXED);
      for (const statement of change) await pipeline().alter(statement);

      await pipeline().replay();
      const during = await pipeline().truthOf(batch);
      for (const statement of undo) await pipeline().alter(statement);
      await pipeline().replay();

      expect(during.rows).toEqual([]);
      expect(pipeline().replays()).toEqual([{ outcome: 'waiting' }, { outcome: 'stored' }]);
      expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    },
  );

  test.each([
    ['was refused and would be welcome now', MIXED, 'ADD COLUMN campaign Nullable(String)'],
    ['was accepted and would be refused now', [GOOD, BAD, ALSO_GOOD, GOOD_IN_TIME], 'DROP COLUMN session'],
  ])(
    'the same batch, sent again while it waits with its refused rows stored, keeps its verdict where it has a row that %s',
    async (_what, rows, change) => {
      const batch = makeBatch(rows);
      pipeline().proxy.set(ROWS_INSERT, failWith(241));
      const first = await container().send(batch);
      pipeline().proxy.clear();
      await pipeline().alter(`ALTER TABLE {db}.web_events ${change}`);
      const fresh = await pipeline().warmContainer();

      const again = await fresh.send(batch);
      await pipeline().replay();

      expect([first.status, again.status]).toEqual([202, 202]);
      expect(again.receipt).toEqual(first.receipt);
      const { accepted, quarantined } = first.receipt;
      expect((await pipeline().truthOf(batch)).ledger).toEqual(whole(accepted ?? 0, quarantined ?? 0));
      expect(await pipeline().deadLetters()).toEqual([]);
      expect(await pipeline().spooled()).toEqual([]);
    },
  );

  test('the same batch, sent again to a spool that cannot say so, is judged anew and stored once: replay finds it whole', async () => {
    const batch = await spoolJudged(MIXED);
    await pipeline().alter('ALTER TABLE {db}.web_events ADD COLUMN campaign Nullable(String)');
    const fresh = await pipeline().warmContainer();
    await rename(pipeline().objectsDir, `${pipeline().objectsDir}.away`);

    const again = await fresh.send(batch);
    await rename(`${pipeline().objectsDir}.away`, pipeline().objectsDir);
    await pipeline().replay();

    expect(again).toMatchObject({ status: 200, receipt: { accepted: 3, quarantined: 1 } });
    expect(await pipeline().truthOf(batch)).toEqual({ ledger: whole(3, 1), rows: [0, 2, 3], refused: [1] });
    expect(await pipeline().deadLetters()).toEqual([]);
    expect(await pipeline().spooled()).toEqual([]);
  });
});

/** Has ingest judge a batch and spool it before a row of it is in any table. */
async function spoolJudged(rows: readonly unknown[]): Promise<TestBatch> {
  const batch = makeBatch(rows);
  pipeline().proxy.set(/^INSERT/, failWith(241));
  const { status } = await container().send(batch);
  expect(status).toBe(202);
  pipeline().proxy.clear();
  return batch;
}

async function seen(query: string): Promise<unknown> {
  const answer = await database().admin.query({
    query: query.replaceAll('{db}', pipeline().database),
    format: 'JSONEachRow',
  });
  const [line] = await answer.json<{ seen: unknown }>();
  return line?.seen;
}
