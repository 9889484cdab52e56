import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../../cli/run-cli.ts';
import { createAdminClient } from '../../clickhouse/admin-client.ts';
import { readCurrentWindow } from '../../clickhouse/deduplication-windows.ts';
import { migrate, StreamTableMissingError } from '../../clickhouse/migrate.ts';
import { type Migration, parseMigration } from '../../clickhouse/parse-migration.ts';
import { MigrationEditedError } from '../../clickhouse/plan-migrations.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import { type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';

const STREAMS = [{ name: 'web_events', table: 'web_events', peakInsertsPerSecond: 20 }];
const NAMES = ['0001_ledger.sql', '0002_web_events.sql', '0003_quarantine.sql', '0004_for_dashboards.sql'];

let folder: string;
let engine: Engine;
let client: ClickHouseClient;
let migrations: readonly Migration[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-migrate-'));
  const account = { user: 'admin', password: 'secret' };
  engine = await startEngine({ dataDir: folder, accounts: [{ ...account, admin: true }], accessSql: [] });
  client = createAdminClient({ url: engine.url, ...account });
  migrations = await readMigrations();
});

afterAll(async () => {
  await client.close();
  await engine.stop();
  rmSync(folder, { recursive: true });
});

describe('migrate', () => {
  test('makes a new database whole, and finds nothing to do when run again', async () => {
    const first = await migrateInto('fresh');
    const again = counting(client);
    const second = await migrate({ client: again.client, database: 'fresh', streams: STREAMS, migrations });

    expect(first).toEqual({ applied: NAMES, unchanged: 0 });
    expect(second).toEqual({ applied: [], unchanged: NAMES.length });
    // Version, database, table of migrations, what is recorded, what the tables are like: and no ALTER.
    expect(again.calls()).toBe(5);
    expect(await relations('fresh')).toEqual([
      '_batches',
      '_migrations',
      'batches',
      'ledger',
      'quarantine',
      'quarantine_to_batches',
      'refused_rows',
      'web_events',
      'web_events_to_batches',
    ]);
  });

  test('that crashes before any of its statements is finished by the next run, to the same tables', async () => {
    await migrateInto('whole');
    const expected = await definitions('whole');
    const dry = counting(client);
    await migrate({ client: dry.client, database: 'dry', streams: STREAMS, migrations });

    for (let crash = 1; crash <= dry.calls(); crash++) {
      const database = `crash_${crash}`;
      const failing = counting(client, crash);
      await expect(migrate({ client: failing.client, database, streams: STREAMS, migrations })).rejects.toThrow(
        'crash',
      );

      const { applied, unchanged } = await migrateInto(database);

      expect(applied.length + unchanged).toBe(NAMES.length);
      expect(await definitions(database)).toEqual(expected);
      await client.command({ query: `DROP DATABASE ${database}` });
    }
  });

  test('run twice at the same time ends well for both', async () => {
    await Promise.all([migrateInto('raced'), migrateInto('raced')]);

    expect(await migrateInto('raced')).toEqual({ applied: [], unchanged: NAMES.length });
  });

  test('sets the deduplication windows from the declared peak, and widens them when it grows', async () => {
    await migrateInto('windows');
    const before = await windows('windows');
    await migrate({
      client,
      database: 'windows',
      streams: STREAMS.map((one) => ({ ...one, peakInsertsPerSecond: 100 })),
      migrations,
    });
    const after = await windows('windows');

    expect(before).toEqual({
      _batches: [28_800, 28_800, 3600],
      quarantine: [14_400, 14_400, 3600],
      web_events: [14_400, 14_400, 3600],
    });
    expect(after).toEqual({
      _batches: [144_000, 144_000, 3600],
      quarantine: [72_000, 72_000, 3600],
      web_events: [72_000, 72_000, 3600],
    });
  });

  test('applies a new migration on top, and refuses one that was edited', async () => {
    await migrateInto('grown');
    const added = parseMigration(
      '0005_note.sql',
      'CREATE TABLE IF NOT EXISTS note (a UInt8) ENGINE = MergeTree ORDER BY a;\n',
    );
    const edited = parseMigration(
      '0005_note.sql',
      'CREATE TABLE IF NOT EXISTS note (a UInt16) ENGINE = MergeTree ORDER BY a;\n',
    );

    const grown = await migrate({ client, database: 'grown', streams: STREAMS, migrations: [...migrations, added] });
    const refused = migrate({ client, database: 'grown', streams: STREAMS, migrations: [...migrations, edited] });

    expect(grown).toEqual({ applied: ['0005_note.sql'], unchanged: NAMES.length });
    await expect(refused).rejects.toThrow(MigrationEditedError);
  });

  test('names a stream whose table no migration makes', async () => {
    const streams = [...STREAMS, { name: 'orders', table: 'shop_orders', peakInsertsPerSecond: 1 }];

    const run = migrate({ client, database: 'tableless', streams, migrations });

    await expect(run).rejects.toThrow(StreamTableMissingError);
    await expect(run).rejects.toThrow('stream orders: table shop_orders does not exist');
  });

  test('is `edgehouse migrate` on the command line', async () => {
    const url = new URL(engine.url);
    url.username = 'admin';
    url.password = 'secret';
    const args = ['migrate', '--clickhouse', url.href, '--database', 'typed'];

    const first = await run(args);
    const second = await run(args);
    const wrong = await run(args.map((word) => word.replace('secret', 'hunter2')));

    expect(first).toEqual({
      status: 0,
      out: [...NAMES.map((name) => `applied ${name}`), 'database typed: 4 applied, 0 unchanged'],
      err: [],
    });
    expect(second.out).toEqual(['database typed: 0 applied, 4 unchanged']);
    expect(wrong.status).toBe(1);
    expect(wrong.err[0]).toContain('Authentication failed');
    expect(wrong.err[0]).not.toContain('hunter2');
  });
});

describe('the ledger', () => {
  const BATCH = '018f0000-0000-7000-8000-000000000001';
  // The server's own time counts: quarantine lets go of rows that are 30 days old.
  const NOW = new Date().toISOString().slice(0, -1).replace('T', ' ');

  beforeAll(async () => {
    await migrateInto('ledger');
  });

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
    await migrate({ client, database: 'aged', streams: STREAMS, migrations: migrations.slice(0, 3), now: () => 0 });
    const write = (digest: string) =>
      client.insert({
        table: 'aged.web_events',
        values: [
          { event_time: NOW, path: '/', ...stamped(0, { declared: 1, digest, received: '2026-11-01 00:00:00.000' }) },
        ],
        format: 'JSONEachRow',
      });
    await write('before');
    await migrateInto('aged');
    const began = Date.now();
    await write('since');

    const result = await client.query({
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

    await client.insert({ table: 'ledger.web_events', values, format: 'JSONEachRow' });

    expect(await ledger('strange')).toMatchObject([{ stored: 150, missing: 0 }]);
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

  async function insert(
    table: 'web_events' | 'quarantine',
    rows: readonly number[],
    inserted: Inserted,
  ): Promise<void> {
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
    await client.insert({
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
    const result = await client.query({
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
});

function migrateInto(database: string) {
  return migrate({ client, database, streams: STREAMS, migrations, now: () => 0 });
}

/** The client, counting its calls, and failing the one of that number. */
function counting(inner: ClickHouseClient, failing = 0) {
  let calls = 0;
  const proxy = new Proxy(inner, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || !['command', 'query', 'insert'].includes(String(name))) return member;
      return async (...args: unknown[]) => {
        if (++calls === failing) throw new Error('crash');
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { client: proxy, calls: () => calls };
}

async function tables(database: string): Promise<{ name: string; engine_full: string; create_table_query: string }[]> {
  const result = await client.query({
    query:
      'SELECT name, engine_full, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name',
    query_params: { database },
    format: 'JSONEachRow',
  });
  return result.json();
}

async function relations(database: string): Promise<string[]> {
  return (await tables(database)).map(({ name }) => name);
}

async function definitions(database: string): Promise<string[]> {
  return (await tables(database)).map(({ create_table_query }) => create_table_query.replaceAll(`${database}.`, ''));
}

async function windows(database: string): Promise<Record<string, readonly (number | undefined)[]>> {
  const all = (await tables(database)).map(({ name, engine_full }) => {
    const { plain, replicated, seconds } = readCurrentWindow(engine_full);
    return [name, [plain, replicated, seconds]] as const;
  });
  return Object.fromEntries(all.filter(([, [plain]]) => plain !== undefined));
}

async function run(args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const unused = () => {
    throw new Error('not for migrate');
  };
  const status = await runCli(
    args,
    {},
    {
      stdin: process.stdin,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      interrupted: unused,
      randomBytes: unused,
      fetch: unused,
      now: () => 0,
      random: unused,
      wait: unused,
    },
  );
  return { status, out, err };
}
