import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHandWrittenInsert } from '../bench/baseline/hand-written-insert.ts';
import { createRawPost } from '../bench/baseline/post-raw-body.ts';
import { batchEvent } from '../bench/batch-event.ts';
import { benchBatch } from '../bench/bench-batch.ts';
import { benchConfig } from '../bench/bench-config.ts';
import { type BodyFormat, DATA_SETS, type DataSet } from '../bench/data-sets.ts';
import { MOST_BODIES, peakBodies } from '../bench/measure-heap.ts';
import { ingestBatch } from '../bench/measure-ingest.ts';
import { type BenchEngine, startBenchEngine } from '../bench/start-bench-engine.ts';
import { type BenchIngest, startIngest } from '../bench/start-ingest.ts';

const ROWS = 50;
const FORMATS: readonly BodyFormat[] = ['json', 'ndjson', 'csv', 'gzip'];
const CASES = DATA_SETS.flatMap((dataSet) =>
  FORMATS.filter((format) => dataSet.flat || format !== 'csv').map((format) => ({
    dataSet,
    format,
    stream: dataSet.stream,
  })),
);

let engine: BenchEngine;
let ingest: BenchIngest;
let client: ClickHouseClient;

beforeAll(async () => {
  engine = await startBenchEngine();
  ingest = startIngest(engine.account);
  const { url, user: username, password } = engine.account;
  client = createClient({ url, username, password, database: benchConfig.clickhouse.database });
});
afterAll(async () => {
  await client.close();
  await ingest.close();
  await engine.stop();
});

/** Every row without what edgehouse stamps, as text, in an order of its own; then none of them is left. */
async function takeRows(dataSet: DataSet): Promise<readonly string[]> {
  const query = `SELECT * EXCEPT '^_' FROM ${dataSet.stream} ORDER BY event_time`;
  const rows = await (await client.query({ query, format: 'JSONEachRow' })).text();
  await engine.empty(dataSet);
  return rows.trim().split('\n').sort();
}

describe('the bench', () => {
  test.each(CASES)('compares ways of storing the same rows: $stream as $format', async ({ dataSet, format }) => {
    const batch = benchBatch(dataSet, format, ROWS);
    const event = batchEvent(ingest.sender, dataSet.stream, batch.body, format, ROWS);
    const { url, user: username, password } = engine.account;
    const target = { url, username, password, database: benchConfig.clickhouse.database, table: dataSet.stream };
    const [handWritten, raw] = [createHandWrittenInsert(target), createRawPost(target)];

    await ingestBatch(ingest.ingest, event, batch);
    const ours = await takeRows(dataSet);
    await handWritten.insert(event);
    const theirs = await takeRows(dataSet);
    await raw.post(batch);
    const posted = await takeRows(dataSet);
    await handWritten.close();
    raw.close();

    expect(ours).toHaveLength(ROWS);
    expect(theirs).toEqual(ours);
    expect(posted).toEqual(ours);
  });
});

describe('ingest', () => {
  test(`handles 10,000 rows of JSON in a heap that grows by at most ${MOST_BODIES} times their body`, async () => {
    const [webEvents] = DATA_SETS;
    if (webEvents === undefined) throw new RangeError('There is no data set');

    const bodies = await peakBodies({ dataSet: webEvents, format: 'json', rows: 10_000 }, engine.account, 'ingest');

    // The parsed rows alone are more than their text.
    expect(bodies).toBeGreaterThan(1);
    expect(bodies).toBeLessThanOrEqual(MOST_BODIES);
  });
});
