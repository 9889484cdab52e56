import { describe, expect, test } from '@jest/globals';
import { failWith, LEDGER, loseAnswer, QUARANTINE_INSERT, ROWS_INSERT } from './support/fault-proxy.ts';
import { whole } from './support/read-truth.ts';
import { MIXED } from './support/sample-rows.ts';
import { makeBatch, type TestBatch } from './support/signed-batch.ts';
import type { Pipeline } from './support/start-pipeline.ts';
import { EXACTLY_ONCE, useWarmPipeline } from './support/use-warm-pipeline.ts';

const { pipeline, container } = useWarmPipeline();

/** Later than the deduplication windows are counted on. */
const LATE_SECONDS = 400;

describe('a spooled batch that is replayed more than once', () => {
  test('because its notification came twice is stored once', async () => {
    const batch = await spoolOne(QUARANTINE_INSERT);
    pipeline().queue.send(batch.spoolName);

    await pipeline().replay();
    pipeline().queue.send(batch.spoolName);
    await pipeline().replay();

    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(
      pipeline()
        .replays()
        .map(({ outcome }) => outcome),
    ).toEqual(expect.arrayContaining(['stored', 'gone']));
    expect(pipeline().replays().at(-1)).toEqual({ outcome: 'gone' });
    expect(await pipeline().deadLetters()).toEqual([]);
  });

  test('because replay died between storing and removing it is stored once, inside the deduplication window', async () => {
    const batch = await spoolOne(QUARANTINE_INSERT);
    await replayAndPutBack(batch);
    const inserts = insertsOf(pipeline());

    await pipeline().replay();

    expect(insertsOf(pipeline())).toBe(inserts + 2);
    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(pipeline().replays()).toEqual([{ outcome: 'stored' }, { outcome: 'stored' }]);
    expect(await pipeline().spooled()).toEqual([]);
  });

  test('after the deduplication window is recognised by the ledger, and nothing is inserted', async () => {
    const batch = await spoolOne(QUARANTINE_INSERT);
    await replayAndPutBack(batch);
    await forgetTokens();
    pipeline().advance(LATE_SECONDS);
    const inserts = insertsOf(pipeline());

    await pipeline().replay();

    expect(insertsOf(pipeline())).toBe(inserts);
    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await pipeline().spooled()).toEqual([]);
  });

  test('after the window, when only its refused rows are there: just the good ones are added', async () => {
    const batch = await spoolOne(ROWS_INSERT);
    const before = await pipeline().truthOf(batch);
    await forgetTokens();
    pipeline().advance(LATE_SECONDS);

    await pipeline().replay();

    expect(before).toMatchObject({ rows: [], refused: [1, 3] });
    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
  });

  test('after the window, when all of it went in and nobody was told: nothing is added', async () => {
    const batch = await spoolOne(ROWS_INSERT, loseAnswer);
    await forgetTokens();
    pipeline().advance(LATE_SECONDS);

    await pipeline().replay();

    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await pipeline().spooled()).toEqual([]);
  });

  test('after the window, when a part of its rows is gone from the table: a person decides, and nothing is added', async () => {
    const batch = await spoolOne(QUARANTINE_INSERT);
    await replayAndPutBack(batch);
    // Stored rows are counted by the ledger; this is one that lost a row, as after a restored backup.
    await pipeline().alter('TRUNCATE TABLE {db}._batches');
    await pipeline().alter(
      `INSERT INTO {db}._batches (* EXCEPT last_written_at) SELECT _principal, 'web_events', _batch_id, _batch_digest, max(_batch_rows),
       groupBitmapState(_row), groupBitmapState(toUInt32(0)), count(), 0, min(_received_at), max(_received_at)
       FROM {db}.web_events WHERE _row = 0 GROUP BY ALL`,
    );
    pipeline().advance(LATE_SECONDS);

    await pipeline().replay();

    expect(await pipeline().deadLetters()).toMatchObject([{ name: batch.spoolName, reason: 'PARTLY_STORED' }]);
    expect(await pipeline().spooled()).toEqual([batch.spoolName]);
    expect(await pipeline().truthOf(batch)).toMatchObject({ rows: [0, 2], refused: [1, 3] });
  });

  test('beside another replay, before the ledger knows of either, is stored once by its tokens', async () => {
    const batch = await spoolOne(QUARANTINE_INSERT);
    const inserts = insertsOf(pipeline());
    const [both, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let looks = 0;
    pipeline().proxy.set(LEDGER, async (forward) => {
      const reply = await forward();
      if (++looks === 2) both.resolve();
      if (looks <= 2) await goOn.promise;
      return reply;
    });

    pipeline().queue.send(batch.spoolName);
    const replays = pipeline().replay();
    await both.promise;
    goOn.resolve();
    await replays;

    expect(insertsOf(pipeline())).toBe(inserts + 4);
    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
  });

  test('its sender sends it again after the tables have forgotten it: the second copy shows as duplicates in the view', async () => {
    const batch = await spoolOne(QUARANTINE_INSERT);
    await pipeline().replay();
    await forgetTokens();
    pipeline().rest();

    await container().send(batch);

    const { ledger, rows } = await pipeline().truthOf(batch);
    expect(rows).toEqual([0, 0, 2, 2]);
    expect(ledger).toEqual({ ...whole(2, 2), duplicates: 4 });
  });
});

/** @param failing the insert that meets with the fault while the batch is sent */
async function spoolOne(failing: RegExp, fault = failWith(241)): Promise<TestBatch> {
  const batch = makeBatch(MIXED);
  pipeline().proxy.set(failing, fault);
  const { status } = await container().send(batch);
  expect(status).toBe(202);
  pipeline().proxy.clear();
  return batch;
}

/** Replays, and then has the object in the spool again, with a notification, as if it had never been removed. */
async function replayAndPutBack({ spoolName }: TestBatch): Promise<void> {
  const signal = AbortSignal.timeout(5_000);
  const object = await pipeline().spool.read(spoolName, signal);
  if (object === undefined) throw new Error('the batch is not in the spool');
  await pipeline().replay();
  expect(await pipeline().spool.create(spoolName, object, signal)).toBe('created');
}

/** Takes their memory of deduplication tokens from the tables. */
async function forgetTokens(): Promise<void> {
  for (const table of ['web_events', 'quarantine', '_batches']) {
    await pipeline().alter(`ALTER TABLE {db}.${table} MODIFY SETTING non_replicated_deduplication_window = 0`);
  }
}

function insertsOf({ proxy }: Pipeline): number {
  return proxy.statements.filter((statement) => statement.startsWith('INSERT')).length;
}
