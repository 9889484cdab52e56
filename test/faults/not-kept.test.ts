import { rename } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ANY, type Fault, failWith, loseAnswer, ROWS_INSERT, reset } from './support/fault-proxy.ts';
import { whole } from './support/read-truth.ts';
import { MIXED } from './support/sample-rows.ts';
import { makeBatch } from './support/signed-batch.ts';
import { startDatabase, type TestDatabase } from './support/start-database.ts';
import { type Pipeline, startPipeline } from './support/start-pipeline.ts';

let database: TestDatabase;
let pipeline: Pipeline;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());
beforeEach(async () => {
  pipeline = await startPipeline(database);
});
afterEach(() => pipeline.close());

const EXACTLY_ONCE = { ledger: whole(2, 2), rows: [0, 2], refused: [1, 3] };

describe('a batch that neither ClickHouse nor the spool takes', () => {
  test.each<[string, RegExp, Fault]>([
    ['is away', ANY, reset],
    ['is out of memory', ANY, failWith(241)],
    ['took the refused rows only', ROWS_INSERT, failWith(241)],
    ['took all of it and did not say so', ROWS_INSERT, loseAnswer],
  ])(
    'is answered 503 with Retry-After when ClickHouse %s, and is stored once when it is sent again',
    async (_what, match, fault) => {
      const batch = makeBatch(MIXED);
      const container = await pipeline.warmContainer();
      pipeline.proxy.set(match, fault);
      await takeSpoolAway();

      const refused = await container.send(batch);
      await giveSpoolBack();
      const spooled = await pipeline.spooled();
      pipeline.proxy.clear();
      pipeline.rest();
      const stored = await container.send(batch);

      expect(refused).toMatchObject({ status: 503, receipt: { code: 'UNAVAILABLE' } });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(spooled).toEqual([]);
      expect(stored).toMatchObject({ status: 200, receipt: { outcome: 'stored', accepted: 2, quarantined: 2 } });
      expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
      expect(pipeline.audit).toMatchObject([
        { status: 503, outcome: 'unavailable', code: 'UNAVAILABLE', batchId: batch.id },
        { status: 200, outcome: 'stored', batchId: batch.id },
      ]);
    },
  );

  test('is spooled when it is sent again while only ClickHouse is away, and then stored once', async () => {
    const batch = makeBatch(MIXED);
    const container = pipeline.coldContainer();
    pipeline.proxy.set(ANY, reset);
    await takeSpoolAway();

    const refused = await container.send(batch);
    await giveSpoolBack();
    const spooled = await container.send(batch);
    pipeline.proxy.clear();
    await pipeline.replay();

    expect([refused.status, spooled.status]).toEqual([503, 202]);
    expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await pipeline.spooled()).toEqual([]);
  });

  test('waits in the queue where the spool goes away after it was spooled, and is stored once when it is back', async () => {
    const batch = makeBatch(MIXED);
    const container = await pipeline.warmContainer();
    pipeline.proxy.set(ANY, failWith(241));
    await container.send(batch);
    pipeline.proxy.clear();
    await takeSpoolAway();

    await pipeline.replay();
    const during = await pipeline.truthOf(batch);
    await giveSpoolBack();
    await pipeline.replay();

    expect(during).toEqual({ ledger: undefined, rows: [], refused: [] });
    expect(await pipeline.truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await pipeline.spooled()).toEqual([]);
    expect(await pipeline.deadLetters()).toEqual([]);
  });
});

/** Without its folder the spool fails whoever asks it; taking the right to write from it would not stop root. */
function takeSpoolAway(): Promise<void> {
  return rename(pipeline.objectsDir, `${pipeline.objectsDir}.away`);
}

function giveSpoolBack(): Promise<void> {
  return rename(`${pipeline.objectsDir}.away`, pipeline.objectsDir);
}
