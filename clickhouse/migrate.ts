import type { ClickHouseClient } from '@clickhouse/client';
import type { Stream } from '../config/schema.ts';
import { deduplicationWindows, readCurrentWindow, widenWindow } from './deduplication-windows.ts';
import type { Migration } from './parse-migration.ts';
import { planMigrations, type RecordedMigration } from './plan-migrations.ts';

export interface MigrateOptions {
  /** An account that may create; made without `database` (see `createAdminClient`), which may not exist yet. */
  readonly client: ClickHouseClient;
  /** Created when absent. */
  readonly database: string;
  /** Their tables have to exist once the migrations are applied. */
  readonly streams: readonly Pick<Stream, 'name' | 'table' | 'peakInsertsPerSecond'>[];
  readonly migrations: readonly Migration[];
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

export interface MigrateResult {
  /** Names of the migrations that this run applied. */
  readonly applied: readonly string[];
  /** Number of those that were applied before. */
  readonly unchanged: number;
}

/** The server is older than what the inserts and migrations rely on. */
export class ServerTooOldError extends Error {
  override readonly name = 'ServerTooOldError';
  readonly code = 'SERVER_TOO_OLD';

  constructor(seen: string) {
    super(`ClickHouse ${seen}: expected ${LEAST_VERSION.join('.')} or newer. Upgrade the server.`);
  }
}

/** A stream of the configuration has no table. */
export class StreamTableMissingError extends Error {
  override readonly name = 'StreamTableMissingError';
  readonly code = 'STREAM_TABLE_MISSING';

  constructor(stream: string, table: string) {
    super(
      `stream ${stream}: table ${table} does not exist after all migrations. Add a migration that creates it and its ` +
        'materialized view, after the model of 0002_web_events.sql.',
    );
  }
}

/** From 26.2 on one setting governs the deduplication of inserts and their views; 26.3 is the first long-term release with it. */
const LEAST_VERSION = [26, 3] as const;

/**
 * Brings a database to the state of the migrations and sets the deduplication windows of its tables. May be run again at
 * any time, also after a crash between two statements, and beside another run: every statement may be run again.
 *
 * @throws ServerTooOldError, StreamTableMissingError, the errors of `planMigrations`, and those of the client
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const { client, database, streams, migrations, now = Date.now } = options;
  await checkVersion(client);
  // Plain, without an engine: Atomic by default on a server and embedded, Shared on Cloud, and Cloud takes no other.
  await client.command({
    query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}',
    query_params: { database },
  });
  const scope = inDatabase(database);
  await client.command({ ...scope, query: CREATE_MIGRATIONS });

  const recorded = await client.query({
    ...scope,
    query: 'SELECT name, checksum FROM _migrations',
    format: 'JSONEachRow',
  });
  const pending = planMigrations(migrations, await recorded.json<RecordedMigration>());
  for (const migration of pending) {
    for (const query of migration.statements) await client.command({ ...scope, query });
    await record(client, scope, migration, now());
  }
  await setWindows(client, database, streams);
  return { applied: pending.map(({ name }) => name), unchanged: migrations.length - pending.length };
}

const CREATE_MIGRATIONS = `CREATE TABLE IF NOT EXISTS _migrations
(name String, checksum String, applied_at DateTime64(3, 'UTC'))
ENGINE = MergeTree
ORDER BY name`;

/** The client cannot change its database from call to call, but the server takes it from this header too. */
interface Scope {
  readonly http_headers: Record<string, string>;
}

function inDatabase(database: string): Scope {
  return { http_headers: { 'X-ClickHouse-Database': database } };
}

async function checkVersion(client: ClickHouseClient): Promise<void> {
  const result = await client.query({ query: 'SELECT version()', format: 'TabSeparated' });
  const version = (await result.text()).trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new ServerTooOldError(version);
  }
}

async function record(client: ClickHouseClient, scope: Scope, migration: Migration, now: number): Promise<void> {
  await client.insert({
    ...scope,
    table: '_migrations',
    columns: ['name', 'checksum', 'applied_at'],
    values: [[migration.name, migration.checksum, new Date(now).toISOString().slice(0, -1).replace('T', ' ')]],
    format: 'JSONCompactEachRow',
    // On by default since 26.2: the row has to be there when the call returns.
    clickhouse_settings: { async_insert: 0 },
  });
}

async function setWindows(
  client: ClickHouseClient,
  database: string,
  streams: MigrateOptions['streams'],
): Promise<void> {
  const result = await client.query({
    query: 'SELECT name, engine_full FROM system.tables WHERE database = {database:String}',
    query_params: { database },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ readonly name: string; readonly engine_full: string }>();
  const engines = new Map(rows.map(({ name, engine_full }) => [name, engine_full]));
  for (const { name, table } of streams) if (!engines.has(table)) throw new StreamTableMissingError(name, table);

  for (const window of deduplicationWindows(streams)) {
    const settings = widenWindow(window, readCurrentWindow(engines.get(window.table) ?? ''));
    if (settings === undefined) continue;
    await client.command({
      ...inDatabase(database),
      query: `ALTER TABLE {table:Identifier} MODIFY SETTING ${settings}`,
      query_params: { table: window.table },
    });
  }
}
