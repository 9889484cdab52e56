import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  failWith,
  hang,
  loseAnswer,
  QUARANTINE_INSERT,
  ROWS_INSERT,
  reset,
  withholdAnswer,
} from './support/fault-proxy.ts';
import { whole } from './support/read-truth.ts';
import { GOOD, MIXED } from './support/sample-rows.ts';
import { makeBatch } from './support/signed-batch.ts';
import { startDatabase, type TestDatabase } from './support/start-database.ts';
import { type Pipeline, startPipeline } from './support/start-pipeline.ts';

let database: TestDatabase;
let pipeline: Pipeline;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());
afterEach(() => pipeline.close());

const MEMORY_LIMIT_EXCEEDED = 241;
/** Enough for the engine to do what it is asked to, and not a second more to wait for an answer that never comes. */
const SHORT = { patienceMs: 1_500 };
const EXACTLY_ONCE = { ledger: whole(2, 2), rows: [0, 2], refused: [1, 3] };

describe('a batch whose insert fails or is never answered', () => {
  test('that was judged and not taken is spooled with its verdict, then stored once, refused rows first', async () => {
    pipeline = await startPipeline(database);
    const container = await pipeline.warmContainer();
    const batch = makeBatch(MIXED);
    pipeline.proxy.set(QUARANTINE_INSERT, failWith(MEMORY_LIMIT_EXCEEDED));

    const answer = await container.send(batch);
    const before = await pipeline.truthOf(batch);
    pipeline.proxy.clear();
    await pipeline.replay();

    expect(answer).toMatchObject({ status: 202, receipt: { outcome: 'spooled', accepted: 2, quarantined: 2 } });
    expect(before).toEqual({ ledger: undefined, rows: [], refused: [] });
    expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(insertedTables(pipeline)).toEqual(['quarantine', 'quarantine', 'web_events']);
    expect(await pipeline.spooled()).toEqual([]);
    expect(await pipeline.deadLetters()).toEqual([]);
    expect(pipeline.audit).toMatchObject([
      { audit: 'batch', status: 202, outcome: 'spooled', clickhouseCode: MEMORY_LIMIT_EXCEEDED, batchId: batch.id },
      { audit: 'replay', outcome: 'stored', rowsStored: 2, rowsRefused: 2, batchId: batch.id },
    ]);
  });

  test('of which only the refused rows went in is completed, and they stay single', async () => {
    pipeline = await startPipeline(database);
    const container = await pipeline.warmContainer();
    const batch = makeBatch(MIXED);
    pipeline.proxy.set(ROWS_INSERT, failWith(MEMORY_LIMIT_EXCEEDED));

    const answer = await container.send(batch);
    const before = await pipeline.truthOf(batch);
    pipeline.proxy.clear();
    await pipeline.replay();

    expect(answer.status).toBe(202);
    expect(before).toMatchObject({ ledger: { declared: 4, stored: 0, quarantined: 2, missing: 2 }, rows: [] });
    expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
  });

  test.each([
    ['and then cut the connection', loseAnswer],
    ['and never answered', withholdAnswer],
  ])('that ClickHouse took %s is spooled, and its replay adds nothing', async (_what, fault) => {
    pipeline = await startPipeline(database, SHORT);
    const container = await pipeline.warmContainer();
    const batch = makeBatch(MIXED);
    pipeline.proxy.set(ROWS_INSERT, fault);

    const answer = await container.send(batch);
    const before = await pipeline.truthOf(batch);
    pipeline.proxy.clear();
    await pipeline.replay();

    expect(answer).toMatchObject({ status: 202, receipt: { outcome: 'spooled', accepted: 2, quarantined: 2 } });
    expect(before).toEqual(EXACTLY_ONCE);
    expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await pipeline.spooled()).toEqual([]);
    expect(pipeline.replays()).toEqual([{ outcome: 'stored' }]);
  });

  test.each([
    ['hangs', hang],
    ['has its connection cut', reset],
  ])('that %s waits through a replay in vain and is stored by the next one', async (_what, fault) => {
    pipeline = await startPipeline(database, SHORT);
    const container = await pipeline.warmContainer();
    const batch = makeBatch(MIXED);
    pipeline.proxy.set(ROWS_INSERT, fault);
    const answer = await container.send(batch);
    pipeline.proxy.clear();
    pipeline.proxy.set(ROWS_INSERT, failWith(MEMORY_LIMIT_EXCEEDED));

    await pipeline.replay();
    const waiting = pipeline.queue.waiting();
    pipeline.proxy.clear();
    await pipeline.replay();

    expect(answer.status).toBe(202);
    expect(waiting).toBe(1);
    expect(pipeline.replays()).toEqual([{ outcome: 'waiting' }, { outcome: 'stored' }]);
    expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(pipeline.queue.waiting()).toBe(0);
  });

  test('that is sent again while its first copy waits answers 200, and the replay of the copy adds nothing', async () => {
    pipeline = await startPipeline(database);
    const container = await pipeline.warmContainer();
    const batch = makeBatch([...MIXED, GOOD]);
    pipeline.proxy.set(ROWS_INSERT, failWith(MEMORY_LIMIT_EXCEEDED));
    const first = await container.send(batch);
    pipeline.proxy.clear();
    pipeline.rest();

    const second = await container.send(batch);
    await pipeline.replay();

    expect([first.status, second.status]).toEqual([202, 200]);
    expect(await pipeline.truthOf(batch)).toEqual({ ledger: whole(3, 2), rows: [0, 2, 4], refused: [1, 3] });
    expect(await pipeline.spooled()).toEqual([]);
  });
});

function insertedTables({ proxy }: Pipeline): readonly string[] {
  return proxy.statements.flatMap((statement) => /^INSERT INTO `(\w+)`/.exec(statement)?.[1] ?? []);
}
