import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { config } from '#config';
import { createAdminClient } from '../../clickhouse/admin-client.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import { compileAccess } from '../../config/grants.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { sqlUsers } from '../../config/sql-users.ts';
import { type ClosableBatchStore, createClickHouseBatchStore } from '../../functions/ingest/clickhouse-batch-store.ts';
import { spoolName } from '../../functions/ingest/spool-object.ts';
import { COUNT_LEDGER, countLedger, isLedgerCount } from '../../functions/replay/count-ledger.ts';
import { deduplicationKey } from '../../functions/shared/deduplication-key.ts';
import { type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';
import { memoryBatchSpool } from '../unit/functions/memory-batch-spool.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const MINUTE = 60_000;
const PASSWORD = 'only-for-this-test';
const DATABASE = config.clickhouse.database;
const { inspector } = sqlUsers(config);

let dataDir: string;
let engine: Engine;
let admin: ClickHouseClient;
/** With the rights of the inspector alone, as replay has them. */
let store: ClosableBatchStore;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'edgehouse-ledger-'));
  engine = await startEngine({
    dataDir,
    accounts: [
      { user: 'admin', password: PASSWORD, admin: true },
      { user: inspector, password: PASSWORD },
    ],
    accessSql: compileAccess(config),
  });
  admin = createAdminClient({ url: engine.url, user: 'admin', password: PASSWORD });
  const streams = Object.values(config.streams);
  await migrate({ client: admin, database: DATABASE, streams, migrations: await readMigrations() });
  const account = { get: async () => ({ url: engine.url, username: inspector, password: PASSWORD }), expire: () => {} };
  store = createClickHouseBatchStore({ database: DATABASE, writer: account, inspector: account });
});
afterAll(async () => {
  await store?.close();
  await admin?.close();
  await engine?.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const table of ['web_events', '_batches']) await admin.command({ query: `TRUNCATE TABLE ${DATABASE}.${table}` });
});

let batches = 0;

interface Rows {
  readonly declared: number;
  /** Numbers of the rows. */
  readonly rows: readonly number[];
  readonly minutesAgo: number;
  /** Of an earlier call. */
  readonly id?: string;
}

/** Puts rows of a batch into their table, past edgehouse and past what recognises a repeated insert. Returns its id. */
async function put({ declared, rows, minutesAgo, id }: Rows): Promise<string> {
  const batchId = id ?? `01930000-0000-7000-8000-${String(++batches).padStart(12, '0')}`;
  await admin.insert({
    table: `${DATABASE}.web_events`,
    values: rows.map((row) => ({
      event_time: '2026-11-23 11:00:00',
      _batch_id: batchId,
      _batch_digest: 'd',
      _batch_rows: declared,
      _row: row,
      _principal: 'web-edge',
      _received_at: new Date(NOW - minutesAgo * MINUTE).toISOString().slice(0, -1),
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplicate: 0 },
  });
  return batchId;
}

async function count(memory = memoryBatchSpool(), streams = config.streams, clock = () => NOW) {
  const counted = new Map<string, number>();
  const warned: unknown[] = [];
  const telemetry = {
    count: (metric: string, value: number) => void counted.set(metric, value),
    warn: (message: string, fields: object) => void warned.push({ message, ...fields }),
  };
  const failure = await countLedger({ streams, store, spool: memory.spool, clock, telemetry }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { counted: Object.fromEntries(counted), warned, failure };
}

describe('the count of the ledger', () => {
  test('finds nothing where each row is there, once, and says so', async () => {
    await put({ declared: 3, rows: [0, 1, 2], minutesAgo: 30 });

    expect(await count()).toEqual({ counted: { RowsMissing: 0, RowsDuplicated: 0 }, warned: [], failure: undefined });
  });

  test('finds rows that are not there and rows that are there twice, and names their batches', async () => {
    const torn = await put({ declared: 5, rows: [0, 1], minutesAgo: 30 });
    const twice = await put({ declared: 2, rows: [0, 1], minutesAgo: 40 });
    await put({ declared: 2, rows: [1], minutesAgo: 20, id: twice });
    await put({ declared: 1, rows: [0], minutesAgo: 20 });

    const { counted, warned } = await count();

    expect(counted).toEqual({ RowsMissing: 3, RowsDuplicated: 1 });
    const ofWeb = { principal: 'web-edge', stream: 'web_events' };
    expect(warned).toEqual([
      {
        message: 'Rows are missing in ClickHouse, or there more than once',
        missing: 3,
        duplicates: 1,
        oneIn: 1,
        batches: [
          { ...ofWeb, batchId: torn, missing: 3, duplicates: 0 },
          { ...ofWeb, batchId: twice, missing: 0, duplicates: 1 },
        ],
      },
    ]);
  });

  test('does not miss what waits in the spool', async () => {
    const batchId = await put({ declared: 2, rows: [0], minutesAgo: 30 });
    const memory = memoryBatchSpool();
    const name = spoolName(deduplicationKey('web-edge', 'web_events', batchId, 'd'));
    await memory.spool.create(name, Buffer.from('sealed'), AbortSignal.timeout(1_000));

    expect((await count(memory)).counted).toEqual({ RowsMissing: 0, RowsDuplicated: 0 });
  });

  test('does not miss what replay stores at that very moment', async () => {
    const batchId = await put({ declared: 2, rows: [0], minutesAgo: 30 });
    const memory = memoryBatchSpool();
    const read = async () => {
      await put({ declared: 2, rows: [1], minutesAgo: 30, id: batchId });
      return undefined;
    };

    const { counted } = await count({ ...memory, spool: { ...memory.spool, read } });

    expect(counted).toEqual({ RowsMissing: 0, RowsDuplicated: 0 });
  });

  test('asks about many side by side, and names each', async () => {
    for (let batch = 0; batch < 25; batch++) await put({ declared: 2, rows: [0], minutesAgo: 30 });
    const memory = memoryBatchSpool();
    let [asked, most] = [0, 0];
    const read: typeof memory.spool.read = async (name, signal) => {
      most = Math.max(most, ++asked);
      return memory.spool.read(name, signal).finally(() => asked--);
    };

    const { counted } = await count({ ...memory, spool: { ...memory.spool, read } });

    expect(counted).toEqual({ RowsMissing: 25, RowsDuplicated: 0 });
    expect(most).toBe(10);
  });

  test('says what it knows before its time is over, and takes for missing what it could not ask about', async () => {
    const memory = memoryBatchSpool();
    for (let batch = 0; batch < 25; batch++) {
      const name = spoolName(
        deduplicationKey('web-edge', 'web_events', await put({ declared: 2, rows: [0], minutesAgo: 30 }), 'd'),
      );
      await memory.spool.create(name, Buffer.from('sealed'), AbortSignal.timeout(1_000));
    }
    let now = NOW;
    // Each takes 5 s: ten of them 50 s.
    const read: typeof memory.spool.read = (name, signal) => {
      now += 5_000;
      return memory.spool.read(name, signal);
    };

    const { counted } = await count({ ...memory, spool: { ...memory.spool, read } }, undefined, () => now);

    expect(counted).toEqual({ RowsMissing: 5, RowsDuplicated: 0 });
  });

  test.each([
    ['is not settled yet', 9, 0],
    ['came within the last two hours', 125, 1],
    ['was counted before', 135, 0],
  ])('of a batch that %s', async (_what, minutesAgo, missing) => {
    await put({ declared: 2, rows: [0], minutesAgo });

    expect((await count()).counted['RowsMissing']).toBe(missing);
  });

  test('takes a batch that was sent again for one', async () => {
    const before = await put({ declared: 2, rows: [0], minutesAgo: 150 });
    await put({ declared: 2, rows: [1], minutesAgo: 100, id: before });

    expect((await count()).counted['RowsMissing']).toBe(0);
  });

  test('looks at the same half of the batches each time where twice as many may come as can be counted', async () => {
    for (let batch = 0; batch < 40; batch++) await put({ declared: 2, rows: [0], minutesAgo: 30 });
    const busy = parseConfig({ streams: { web_events: { peakInsertsPerSecond: 150 } } }).streams;

    const [once, again] = [await count(undefined, busy), await count(undefined, busy)];

    expect(once.counted['RowsMissing']).toBeGreaterThan(5);
    expect(once.counted['RowsMissing']).toBeLessThan(35);
    expect(once.warned).toMatchObject([{ oneIn: 2 }]);
    expect(again).toEqual(once);
  });

  test('is done in time with as many batches as it ever counts each of', async () => {
    const batches = 3 * 3_600 * 100;
    await admin.command({
      query: `INSERT INTO ${DATABASE}._batches (principal, stream, batch_id, digest, declared, stored, stored_written, first_received_at, last_received_at)
        SELECT 'web-edge', 'web_events', generateUUIDv4(number), base64Encode(randomString(32)), 9, bitmapBuild(range(toUInt32(9))), 9,
          fromUnixTimestamp64Milli(toInt64({from:Int64} + number * 10)) AS received, received
        FROM numbers({batches:UInt32})`,
      query_params: { from: NOW - 190 * MINUTE, batches },
    });
    const started = performance.now();

    const { counted } = await count();

    console.log(`counted ${batches} batches in ${Math.round(performance.now() - started)} ms`);
    expect(counted).toEqual({ RowsMissing: 0, RowsDuplicated: 0 });
  });

  test('says nothing where ClickHouse does not answer: the alarm takes silence for trouble', async () => {
    const account = { get: async () => ({ url: engine.url, username: inspector, password: 'old' }), expire: () => {} };
    const refused = createClickHouseBatchStore({ database: DATABASE, writer: account, inspector: account });
    const counted: unknown[] = [];
    const warned: unknown[] = [];
    const telemetry = { count: () => void counted.push(1), warn: (message: string) => void warned.push(message) };
    const { spool } = memoryBatchSpool();

    const failure = await countLedger({
      streams: config.streams,
      store: refused,
      spool,
      clock: () => NOW,
      telemetry,
    }).catch(String);

    expect(failure).toContain('Counting the ledger failed: ClickHouse answered with code 516');
    expect([counted, warned]).toEqual([[], ['The ledger could not be counted']]);
    await refused.close();
  });
});

test('only the schedule has the ledger counted; whatever else comes is a delivery', () => {
  expect(isLedgerCount(COUNT_LEDGER)).toBe(true);
  fc.assert(fc.property(fc.object(), (event) => isLedgerCount(event) === (event['count'] === 'ledger')));
});
