import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../../cli/run-cli.ts';
import { readCurrentWindow } from '../../clickhouse/deduplication-windows.ts';
import { migrate, StreamTableMissingError } from '../../clickhouse/migrate.ts';
import { parseMigration } from '../../clickhouse/parse-migration.ts';
import { MigrationEditedError } from '../../clickhouse/plan-migrations.ts';
import { ACCOUNT, type MigrationEngine, STREAMS, startMigrationEngine } from './support/migration-engine.ts';

const NAMES = ['0001_ledger.sql', '0002_web_events.sql', '0003_quarantine.sql', '0004_for_dashboards.sql'];

let engine: MigrationEngine;

beforeAll(async () => {
  engine = await startMigrationEngine();
});
afterAll(() => engine?.stop());

describe('migrate', () => {
  test('makes a new database whole, and finds nothing to do when run again', async () => {
    const first = await engine.migrateInto('fresh');
    const again = counting(engine.client);
    const second = await migrate({
      client: again.client,
      database: 'fresh',
      streams: STREAMS,
      migrations: engine.migrations,
    });

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
    await engine.migrateInto('whole');
    const expected = await definitions('whole');
    const dry = counting(engine.client);
    await migrate({ client: dry.client, database: 'dry', streams: STREAMS, migrations: engine.migrations });

    for (let crash = 1; crash <= dry.calls(); crash++) {
      const database = `crash_${crash}`;
      const failing = counting(engine.client, crash);
      await expect(
        migrate({ client: failing.client, database, streams: STREAMS, migrations: engine.migrations }),
      ).rejects.toThrow('crash');

      const { applied, unchanged } = await engine.migrateInto(database);

      expect(applied.length + unchanged).toBe(NAMES.length);
      expect(await definitions(database)).toEqual(expected);
      await engine.client.command({ query: `DROP DATABASE ${database}` });
    }
  });

  test('run twice at the same time ends well for both', async () => {
    await Promise.all([engine.migrateInto('raced'), engine.migrateInto('raced')]);

    expect(await engine.migrateInto('raced')).toEqual({ applied: [], unchanged: NAMES.length });
  });

  test('sets the deduplication windows from the declared peak, and widens them when it grows', async () => {
    await engine.migrateInto('windows');
    const before = await windows('windows');
    await migrate({
      client: engine.client,
      database: 'windows',
      streams: STREAMS.map((one) => ({ ...one, peakInsertsPerSecond: 100 })),
      migrations: engine.migrations,
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
    await engine.migrateInto('grown');
    const added = parseMigration(
      '0005_note.sql',
      'CREATE TABLE IF NOT EXISTS note (a UInt8) ENGINE = MergeTree ORDER BY a;\n',
    );
    const edited = parseMigration(
      '0005_note.sql',
      'CREATE TABLE IF NOT EXISTS note (a UInt16) ENGINE = MergeTree ORDER BY a;\n',
    );

    const grown = await migrate({
      client: engine.client,
      database: 'grown',
      streams: STREAMS,
      migrations: [...engine.migrations, added],
    });
    const refused = migrate({
      client: engine.client,
      database: 'grown',
      streams: STREAMS,
      migrations: [...engine.migrations, edited],
    });

    expect(grown).toEqual({ applied: ['0005_note.sql'], unchanged: NAMES.length });
    await expect(refused).rejects.toThrow(MigrationEditedError);
  });

  test('names a stream whose table no migration makes', async () => {
    const streams = [...STREAMS, { name: 'orders', table: 'shop_orders', peakInsertsPerSecond: 1 }];

    const run = migrate({ client: engine.client, database: 'tableless', streams, migrations: engine.migrations });

    await expect(run).rejects.toThrow(StreamTableMissingError);
    await expect(run).rejects.toThrow('stream orders: table shop_orders does not exist');
  });

  test('is `edgehouse migrate` on the command line', async () => {
    const url = new URL(engine.url);
    url.username = ACCOUNT.user;
    url.password = ACCOUNT.password;
    const args = ['migrate', '--clickhouse', url.href, '--database', 'typed'];

    const first = await run(args);
    const second = await run(args);
    const wrong = await run(args.map((word) => word.replace(ACCOUNT.password, 'hunter2')));

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
  const result = await engine.client.query({
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
