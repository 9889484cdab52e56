import { rm } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { loseAnswer, ROWS_INSERT } from './support/fault-proxy.ts';
import { MIXED } from './support/sample-rows.ts';
import { makeBatch, type TestBatch } from './support/signed-batch.ts';
import { EXACTLY_ONCE, useWarmPipeline } from './support/use-warm-pipeline.ts';

const { database, pipeline, container } = useWarmPipeline();

/** The three tables that a batch goes to; the ledger gets a part from each of the other two. */
test.each(['web_events', 'quarantine', '_batches'])(
  'a batch that ClickHouse was killed amid, with its token in the log of %s and no part yet, is stored once when it is sent again',
  async (table) => {
    const batch = makeBatch(MIXED);
    await container().send(batch);
    await tear(table, batch);

    const again = await container().send(batch);

    expect(again.status).toBe(200);
    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
  },
);

test('a spooled batch that ClickHouse was killed amid is stored once by its replay', async () => {
  const batch = makeBatch(MIXED);
  pipeline().proxy.set(ROWS_INSERT, loseAnswer);
  const { status } = await container().send(batch);
  pipeline().proxy.clear();
  await tear('web_events', batch);

  await pipeline().replay();

  expect(status).toBe(202);
  expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
  expect(await pipeline().spooled()).toEqual([]);
});

/** Leaves behind what a kill does between the token of an insert and its part (docs/adr/0005). */
async function tear(table: string, batch: TestBatch): Promise<void> {
  const idColumn = table === '_batches' ? 'batch_id' : '_batch_id';
  const answer = await database().admin.query({
    query: `SELECT path FROM system.parts WHERE database = {db:String} AND table = {table:String} AND active AND name IN
      (SELECT _part FROM ${pipeline().database}.${table} WHERE ${idColumn} = {id:UUID})`,
    query_params: { db: pipeline().database, table, id: batch.id },
    format: 'JSONEachRow',
  });
  const parts = await answer.json<{ path: string }>();
  expect(parts).not.toEqual([]);
  await database().kill();
  for (const { path } of parts) await rm(path, { recursive: true });
  await database().startAgain();
  expect(await pipeline().truthOf(batch)).not.toEqual(EXACTLY_ONCE);
}
