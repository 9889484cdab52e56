import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../clickhouse/migrate.ts';
import { type MigrationEngine, STREAMS, startMigrationEngine } from './support/migration-engine.ts';

const BATCH = '018f0000-0000-7000-8000-000000000001';
// The server's own time counts: quarantine lets go of rows that are 30 days old.
const NOW = new Date().toISOString().slice(0, -1).replace('T', ' ');

let engine: MigrationEngine;

beforeAll(async () => {
  engine = await startMigrationEngine();
  await engine.migrateInto('ledger');
});
afterAll(() => engine?.stop());

describe('the ledger', () => {
  test('tells for each batch what was declared, stored, quarantined and is missing', async () => {
    await insert('web_events', [0, 1, 2], { declared: 10, digest: 'counted' });
    await insert('quarantine', [5, 6], { declared: 10, digest: 'counted' });

    expect(await ledger('counted')).toEqual([
      counts({ declared: 10, stored: 3, quarantined: 2, missing: 5, duplicates: 0 }),
    ]);
  });

  test('counts a row that was written twice once, and as a duplicate', async () => {
    await insert('web_events', [0, 1], { declared: 2, digest: 'twice' });
    await insert('web_events', [1], { declared: 2, digest: 'twice' });

    expect(await ledger('twice')).toEqual([
      counts({ declared: 2, stored: 2, quarantined: 0, missing: 0, duplicates: 1 }),
    ]);
  });

  test('has nothing to report of an insert that is repeated with its token', async () => {
    for (const table of ['web_events', 'quarantine'] as const) {
      const digest = `repeated-${table}`;
      for (let time = 0; time < 3; time++) await insert(table, [0, 1], { declared: 2, digest, token: digest });
      const [count] = await rowsOf<{ n: number }>(
        `SELECT toUInt32(count()) AS n FROM ${table} WHERE _batch_digest = '${digest}'`,
      );

      expect(count).toEqual({ n: 2 });
      expect(await ledger(digest)).toMatchObject([{ missing: 0, duplicates: 0 }]);
    }
  });

  test('knows an insert that is repeated over midnight, and over the end of a month', async () => {
    for (const table of ['web_events', 'quarantine'] as const) {
      const digest = `midnight-${table}`;
      // Far from what a TTL would take away.
      for (const received of ['2099-12-31 23:59:59.900', '2100-01-01 00:00:00.100']) {
        await insert(table, [0, 1], { declared: 2, digest, token: digest, received });
      }
      const [count] = await rowsOf<{ n: number }>(
        `SELECT toUInt32(count()) AS n FROM ${table} WHERE _batch_digest = '${digest}'`,
      );

      expect(count).toEqual({ n: 2 });
      expect(await ledger(digest)).toMatchObject([{ missing: 0, duplicates: 0 }]);
    }
  });

  test('has one row for a batch that was received in two months', async () => {
    await insert('web_events', [0], { declared: 2, digest: 'months', received: '2026-01-31 23:59:59.900' });
    await insert('web_events', [1], { declared: 2, digest: 'months', received: '2026-02-01 00:00:00.100' });

    expect(await ledger('months')).toEqual([
      counts(
        { declared: 2, stored: 2, quarantined: 0, missing: 0, duplicates: 0 },
        '2026-01-31 23:59:59.900',
        '2026-02-01 00:00:00.100',
      ),
    ]);
  });

  test('knows when the last row of a batch was written, and not of a batch from before it kept that', async () => {
    await migrate({
      client: engine.client,
      database: 'aged',
      streams: STREAMS,
      migrations: engine.migrations.slice(0, 3),
      now: () => 0,
    });
    const write = (digest: string) =>
      engine.client.insert({
        table: 'aged.web_events',
        values: [
          { event_time: NOW, path: '/', ...stamped(0, { declared: 1, digest, received: '2026-11-01 00:00:00.000' }) },
        ],
        format: 'JSONEachRow',
      });
    await write('before');
    await engine.migrateInto('aged');
    const began = Date.now();
    await write('since');

    const result = await engine.client.query({
      query: 'SELECT digest, toUnixTimestamp64Milli(max(last_written_at)) AS at FROM aged.ledger GROUP BY digest',
      format: 'JSONEachRow',
    });
    const written = new Map(
      (await result.json<{ digest: string; at: string }>()).map(({ digest, at }) => [digest, Number(at)]),
    );

    expect(written.get('before')).toBe(0);
    expect(written.get('since')).toBeGreaterThanOrEqual(began - 1000);
    expect(written.get('since')).toBeLessThanOrEqual(Date.now() + 1000);
  });

  test('never falls below nothing missing where more arrived than was declared', async () => {
    await insert('web_events', [0, 1, 2], { declared: 1, digest: 'more' });

    expect(await ledger('more')).toMatchObject([{ declared: 1, stored: 3, missing: 0 }]);
  });

  test('does not lose a batch of strange event times: they do not make partitions', async () => {
    const values = Array.from({ length: 150 }, (_, row) => ({
      ...stamped(row, { declared: 150, digest: 'strange' }),
      event_time: `${1950 + row}-01-01 00:00:00`,
      path: '/',
    }));

    await engine.client.insert({ table: 'ledger.web_events', values, format: 'JSONEachRow' });

    expect(await ledger('strange')).toMatchObject([{ stored: 150, missing: 0 }]);
  });
});

interface Inserted {
  readonly declared: number;
  readonly digest: string;
  readonly token?: string;
  readonly received?: string;
}

function stamped(row: number, { declared, digest, received = NOW }: Inserted) {
  return {
    _batch_id: BATCH,
    _batch_digest: digest,
    _batch_rows: declared,
    _row: row,
    _principal: 'web-edge',
    _auth: 'token',
    _trust: 'edge',
    _source: 'ew/12345/1.2.0',
    _region: 'us-east-1',
    _received_at: received,
  };
}

async function insert(table: 'web_events' | 'quarantine', rows: readonly number[], inserted: Inserted): Promise<void> {
  const own =
    table === 'web_events'
      ? { event_time: '2026-01-01 00:00:00', path: '/' }
      : {
          stream: 'web_events',
          raw: '{}',
          raw_bytes: 2,
          codes: ['FIELD_MISSING'],
          columns: ['path'],
          contract_hash: 'c',
        };
  await engine.client.insert({
    table: `ledger.${table}`,
    values: rows.map((row) => ({ ...own, ...stamped(row, inserted) })),
    format: 'JSONEachRow',
    clickhouse_settings: inserted.token === undefined ? {} : { insert_deduplication_token: inserted.token },
  });
}

function ledger(digest: string): Promise<unknown[]> {
  return rowsOf(`SELECT * EXCEPT digest FROM batches WHERE digest = '${digest}'`);
}

async function rowsOf<Row>(query: string): Promise<Row[]> {
  const result = await engine.client.query({
    query,
    format: 'JSONEachRow',
    http_headers: { 'X-ClickHouse-Database': 'ledger' },
  });
  return result.json<Row>();
}

function counts(values: Readonly<Record<string, number>>, first = NOW, last = first) {
  const times = { first_received_at: first, last_received_at: last };
  return { principal: 'web-edge', stream: 'web_events', batch_id: BATCH, ...values, ...times };
}
