import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type Account, type Engine, startEngine } from '../../../local/clickhouse/start-engine.ts';

const ACCOUNTS: readonly Account[] = [
  { user: 'admin', password: 'admin-password', admin: true },
  { user: 'writer', password: 'writer-password' },
  { user: 'reader', password: 'reader-password' },
  { user: 'nobody', password: 'nobody-password' },
];

const ACCESS_SQL = [
  'CREATE ROLE IF NOT EXISTS writer_role',
  'GRANT INSERT ON shop.events TO writer_role',
  'GRANT INSERT ON shop.counted TO writer_role',
  'GRANT INSERT ON shop.`odd <&> "name"` TO writer_role',
  'CREATE SETTINGS PROFILE writer_profile SETTINGS max_rows_to_read = 10000000 CONST, max_execution_time = 30 MIN 1 MAX 30',
  `CREATE USER IF NOT EXISTS writer IDENTIFIED WITH sha256_hash BY '${'0'.repeat(64)}' SETTINGS PROFILE 'writer_profile'`,
  'GRANT writer_role TO writer',
  'CREATE QUOTA OR REPLACE writer_quota FOR INTERVAL 1 hour MAX query_selects = 10 TO writer',
  'CREATE ROLE reader_role',
  'GRANT SELECT ON shop.events TO reader_role',
  'GRANT SELECT ON shop.few TO reader_role',
  'CREATE SETTINGS PROFILE reader_profile SETTINGS max_result_rows = 10, max_threads = 2 MAX 4 CHANGEABLE_IN_READONLY, readonly = 1 TO reader_role',
  'CREATE USER reader',
  'GRANT reader_role TO reader',
  'CREATE USER nobody',
];

const SCHEMA = [
  'CREATE DATABASE shop',
  "CREATE TABLE shop.events (id UInt64, note String DEFAULT '') ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100",
  'CREATE TABLE shop.victim (id UInt64) ENGINE = MergeTree ORDER BY id',
  'CREATE TABLE shop.counted (id UInt64) ENGINE = MergeTree ORDER BY id',
  'CREATE TABLE shop.counts (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple()',
  'CREATE MATERIALIZED VIEW shop.counter TO shop.counts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT count() AS n FROM shop.counted',
  'CREATE VIEW shop.few DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM shop.counted WHERE id < 2',
  'CREATE TABLE shop.`odd <&> "name"` (id UInt64) ENGINE = MergeTree ORDER BY id',
];

/** The embedded ClickHouse with a small shop, for the tests of one file. */
export interface Front {
  readonly engine: Engine;
  /** Of the engine. */
  readonly dataDir: string;
  /** For the data of more engines; goes with the front. */
  readonly directory: string;
  readonly admin: ClickHouseClient;
  readonly writer: ClickHouseClient;
  readonly reader: ClickHouseClient;
  client(user: string, options?: object): ClickHouseClient;
  /** As the administrator, unless the headers name another user. */
  post(body: string | Buffer, search?: Readonly<Record<string, string>>, headers?: object): Promise<FrontAnswer>;
  /** As the administrator, unless the headers name another user. */
  get(
    query: string,
    search?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<FrontAnswer>;
  /** The only column of a query's result. */
  column(query: string): Promise<unknown[]>;
  /** Takes every row away. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export interface FrontAnswer {
  readonly status: number;
  readonly code: string | null;
  readonly summary: string | null;
  readonly text: string;
}

export async function startFront(): Promise<Front> {
  const directory = await mkdtemp(join(tmpdir(), 'edgehouse-front-test-'));
  const dataDir = join(directory, 'data');
  const engine = await startEngine({ dataDir, accounts: ACCOUNTS, accessSql: ACCESS_SQL });
  const client = (user: string, options: object = {}) =>
    createClient({
      url: engine.url,
      username: user,
      password: `${user}-password`,
      log: { level: ClickHouseLogLevel.OFF },
      ...options,
    });
  const [admin, writer, reader] = [client('admin'), client('writer'), client('reader')];
  for (const query of SCHEMA) await admin.command({ query });
  return {
    engine,
    dataDir,
    directory,
    admin,
    writer,
    reader,
    client,
    async post(body, search = {}, headers = {}) {
      return readFront(
        await fetch(`${engine.url}/?${new URLSearchParams(search)}`, {
          method: 'POST',
          body: typeof body === 'string' ? body : new Uint8Array(body),
          headers: { ...credentials('admin'), ...headers },
        }),
      );
    },
    async get(query, search = {}, headers = credentials('admin')) {
      return readFront(await fetch(`${engine.url}/?${new URLSearchParams({ ...search, query })}`, { headers }));
    },
    async column(query) {
      const result = await admin.query({ query, format: 'JSONCompactEachRow' });
      return (await result.json<unknown[]>()).map(([value]) => value);
    },
    async empty() {
      for (const table of ['events', 'victim', 'counted', 'counts'])
        await admin.command({ query: `TRUNCATE TABLE shop.${table}` });
    },
    async stop() {
      await Promise.all([admin, writer, reader].map((open) => open.close()));
      await engine.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function credentials(user: string, password = `${user}-password`): Record<string, string> {
  return { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
}

export async function readFront(response: Response): Promise<FrontAnswer> {
  return {
    status: response.status,
    code: response.headers.get('x-clickhouse-exception-code'),
    summary: response.headers.get('x-clickhouse-summary'),
    text: await response.text(),
  };
}
