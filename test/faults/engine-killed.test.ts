import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { generateWebEvents } from '../bench/generate-web-events.ts';
import { ROWS_INSERT } from './support/fault-proxy.ts';
import { BAD } from './support/sample-rows.ts';
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

/** How long ClickHouse is away; starting again takes it another second or two. */
const OUTAGE_MS = Number(process.env['EDGEHOUSE_OUTAGE_SECONDS'] ?? 2) * 1_000;
const BATCHES = 200;
const SENDERS = 8;
/** So many batches are answered before the kill. */
const BEFORE = 60;
/** Inserts that are done and not answered at the kill; fewer than senders. */
const UNTOLD = 4;
/** From this one on, batches are sent when ClickHouse is back, beside the replays. */
const AFTER = 150;
const GOOD_ROWS = 20;
const BAD_ROWS = 2;

test(
  `ClickHouse is killed amid ${BATCHES} batches and comes back: senders see 200 and 202 only, and every row is there once`,
  async () => {
    pipeline = await startPipeline(database, { live: true });
    const container = await pipeline.warmContainer();
    const batches = Array.from({ length: BATCHES }, (_, seed) =>
      makeBatch([...generateWebEvents(GOOD_ROWS, seed), BAD, BAD]),
    );
    const statuses: number[] = [];
    let outage: Promise<void> | undefined;
    let next = 0;
    const sender = async () => {
      for (let index = next++; index < BATCHES; index = next++) {
        const batch = batches[index];
        if (batch === undefined) return;
        if (index >= AFTER) await outage;
        statuses.push((await container.send(batch)).status);
        if (statuses.length === BEFORE) outage = killAndStartAgain();
      }
    };

    await Promise.all(Array.from({ length: SENDERS }, sender));
    await outage;
    await pipeline.queue.drained();

    const count = (status: number) => statuses.filter((seen) => seen === status).length;
    expect(count(200) + count(202)).toBe(BATCHES);
    expect(count(200)).toBeGreaterThanOrEqual(BEFORE);
    expect(count(202)).toBeGreaterThan(0);
    expect(await totals()).toEqual({
      batches: BATCHES,
      whole: BATCHES,
      rows: BATCHES * GOOD_ROWS,
      distinctRows: BATCHES * GOOD_ROWS,
      refused: BATCHES * BAD_ROWS,
      distinctRefused: BATCHES * BAD_ROWS,
    });
    expect(await pipeline.spooled()).toEqual([]);
    expect(await pipeline.deadLetters()).toEqual([]);
    expect(pipeline.audit.filter((line) => line.audit === 'batch' && line.outcome === 'spooled')).toHaveLength(
      count(202),
    );
  },
  60_000 + OUTAGE_MS,
);

/** Ends ClickHouse when some inserts are on its disk whose senders have not heard so, and never will. */
async function killAndStartAgain(): Promise<void> {
  const { promise: untold, resolve } = Promise.withResolvers<void>();
  let inserts = 0;
  pipeline.proxy.set(ROWS_INSERT, async (forward) => {
    await forward();
    if (++inserts === UNTOLD) resolve();
    await untold;
    return 'reset';
  });
  await untold;
  await database.kill();
  pipeline.proxy.clear();
  await setTimeout(OUTAGE_MS);
  await database.startAgain();
}

/** What the ledger says of all batches, and what counting says. */
async function totals(): Promise<Readonly<Record<string, number>>> {
  const db = pipeline.database;
  const isWhole = `declared = ${GOOD_ROWS + BAD_ROWS} AND stored = ${GOOD_ROWS} AND quarantined = ${BAD_ROWS}
    AND missing = 0 AND duplicates = 0`;
  const answer = await database.admin.query({
    query: `SELECT
      (SELECT count() FROM ${db}.batches) AS batches,
      (SELECT countIf(${isWhole}) FROM ${db}.batches) AS whole,
      (SELECT count() FROM ${db}.web_events) AS rows,
      (SELECT uniqExact(_batch_id, _row) FROM ${db}.web_events) AS distinctRows,
      (SELECT count() FROM ${db}.quarantine) AS refused,
      (SELECT uniqExact(_batch_id, _row) FROM ${db}.quarantine) AS distinctRefused`,
    format: 'JSONEachRow',
  });
  const [line = {}] = await answer.json<Record<string, number | string>>();
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [name, Number(value)]));
}
