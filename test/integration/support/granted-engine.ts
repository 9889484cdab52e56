import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileAccess, compileRowFilterViews } from '../../../config/grants.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { sqlUsers } from '../../../config/sql-users.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';

// `select` is a keyword, `_trust` the second column that the filter needs: with one alone the engine filters before anything else.
export const config = parseConfig({
  streams: { web_events: {}, orders: { table: 'select' } },
  principals: {
    'web-edge': { claims: { sub: 'ew:1' }, allow: [{ write: ['web_events'], sources: ['ew/1/*'] }] },
    analyst: { allow: [{ read: ['web_events', 'orders', 'batches'] }], deny: [{ read: ['orders'] }] },
    'paris-team': {
      allow: [{ read: ['web_events'], rows: "length(secret) > 0 AND if(id % 2 = 0, city, '') = 'Paris'" }],
    },
  },
});
export const users = sqlUsers(config);
export const analyst = users.readers['analyst'] ?? '';
/** The one whose rows are filtered. */
export const paris = users.readers['paris-team'] ?? '';
export const everyUser = [users.writer, users.inspector, analyst, paris];

export const PASSWORD = 'only-for-this-test';
export const ACCESS_DENIED = 497;
export const READONLY = 164;
export const SETTING_CONSTRAINT = 452;

export const quoted = (relation: string) => `edgehouse.\`${relation}\``;

/** The engine with the grants of that config, and tables with rows. */
export interface GrantedEngine {
  readonly url: string;
  run(user: string, sql: string): Promise<SqlAnswer>;
  stop(): Promise<void>;
}

export interface SqlAnswer {
  /** The server's exception code, 0 where it had none. */
  readonly code: number;
  readonly text: string;
}

export async function startGrantedEngine(): Promise<GrantedEngine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'grants-test-'));
  const accounts = [...everyUser, users.operator].map((user) => ({ user, password: PASSWORD }));
  const engine = await startEngine({
    dataDir,
    accounts: [{ user: 'admin', password: PASSWORD, admin: true }, ...accounts],
    accessSql: compileAccess(config),
  });

  async function run(user: string, sql: string): Promise<SqlAnswer> {
    const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': PASSWORD };
    const response = await fetch(`${engine.url}/?wait_end_of_query=1`, { method: 'POST', headers, body: sql });
    return {
      code: Number(response.headers.get('x-clickhouse-exception-code') ?? 0),
      text: (await response.text()).trim(),
    };
  }

  const columns = '(id UInt64, city String, secret String)';
  for (const sql of [
    'CREATE DATABASE edgehouse',
    ...['web_events', '`select`', 'quarantine', '_batches'].map(
      (table) => `CREATE TABLE edgehouse.${table} ${columns} ENGINE = MergeTree ORDER BY id`,
    ),
    'CREATE VIEW edgehouse.batches DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT count() AS id FROM edgehouse._batches',
    "INSERT INTO edgehouse.web_events SELECT number, if(number < 10, 'Paris', 'Rome'), concat('s', toString(number)) FROM numbers(1000)",
    ...compileRowFilterViews(config),
    // Twice: what is applied again changes nothing.
    ...compileRowFilterViews(config),
  ]) {
    const { code, text } = await run('admin', sql);
    if (code !== 0) throw new Error(text);
  }
  return {
    url: engine.url,
    run,
    async stop() {
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
