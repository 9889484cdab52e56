import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { migrate } from '../../../clickhouse/migrate.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import { compileAccess } from '../../../config/grants.ts';
import type { Config } from '../../../config/schema.ts';
import { sqlUsers } from '../../../config/sql-users.ts';
import { parseClickHouseCredential } from '../../../functions/ingest/clickhouse-credential.ts';
import type { Account } from '../../../local/clickhouse/engine-options.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';

/** An embedded ClickHouse with the shipped tables that can go away and come back. */
export interface Database {
  /** Origin, for a client of the test's own. */
  readonly url: string;
  /** May do everything. */
  readonly admin: Account;
  /** The secrets of the ClickHouse accounts, as functions read them: each with the rights that the config gives it, and that of who may change them. */
  readonly secrets: Readonly<Record<'writer' | 'inspector' | 'admin', string>>;
  /** Rows of a SELECT, every value as text. */
  query(sql: string): Promise<readonly (readonly string[])[]>;
  /** Whether an account's secret opens the door. */
  logsIn(secret: string): Promise<boolean>;
  /** Runs a statement as the administrator. */
  command(sql: string): Promise<void>;
  /** Declared, stored, quarantined, missing and duplicate rows of a batch; undefined while nothing of it is there. */
  ledger(batchId: string): Promise<readonly number[] | undefined>;
  /** Nobody listens at its port any more. */
  goAway(): Promise<void>;
  /** At the same port, with the same data. */
  comeBack(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** With every account that docs/deploy.md has the operator make, and the shipped tables. */
export async function startDatabase(config: Config): Promise<Database> {
  const database = await startEmptyDatabase(config);
  const { clickhouse, streams } = config;
  const client = createAdminClient({ url: database.url, ...database.admin });
  try {
    const migrations = await readMigrations();
    await migrate({ client, database: clickhouse.database, streams: Object.values(streams), migrations });
    return database;
  } catch (error) {
    await database.stop();
    throw error;
  } finally {
    await client.close();
  }
}

/** The same without a table. */
export async function startEmptyDatabase(config: Config): Promise<Database> {
  const dataDir = await mkdtemp(join(tmpdir(), 'edgehouse-deploy-'));
  const { writer, inspector, operator, readers } = sqlUsers(config);
  const admin = { ...accountOf('default'), admin: true };
  const accounts = {
    writer: accountOf(writer),
    inspector: accountOf(inspector),
    admin: { ...accountOf('password_rotation'), admin: true },
  };
  const people = [operator, ...Object.values(readers)].map(accountOf);
  const options = {
    dataDir,
    accounts: [admin, ...Object.values(accounts), ...people],
    accessSql: compileAccess(config),
  };
  let engine = await startEngine(options);
  const { url } = engine;
  const stop = async (): Promise<void> => {
    await engine.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const ask = (account: Account, body: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': account.user, 'X-ClickHouse-Key': account.password },
      body,
    });
  const run = async (sql: string): Promise<string> => {
    const answer = await ask(admin, sql);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`ClickHouse answered ${answer.status}: ${text}`);
    return text;
  };
  const query = async (sql: string): Promise<readonly (readonly string[])[]> => {
    const lines = (await run(`${sql} FORMAT JSONCompactStringsEachRow`)).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line));
  };
  const secretOf = ({ user, password }: Account) => JSON.stringify({ url, username: user, password });
  return {
    url,
    admin,
    secrets: {
      writer: secretOf(accounts.writer),
      inspector: secretOf(accounts.inspector),
      admin: secretOf(accounts.admin),
    },
    query,
    async logsIn(secret) {
      const { username, password } = parseClickHouseCredential(secret);
      const { ok } = await ask({ user: username, password }, 'CHECK GRANT SELECT ON system.one');
      return ok;
    },
    async command(sql) {
      await run(sql);
    },
    async ledger(batchId) {
      const counts = 'declared, stored, quarantined, missing, duplicates';
      const [entry] = await query(
        `SELECT ${counts} FROM ${config.clickhouse.database}.batches WHERE batch_id = '${batchId}'`,
      );
      return entry?.map(Number);
    },
    goAway: () => engine.stop(),
    async comeBack() {
      engine = await startEngine({ ...options, port: Number(new URL(url).port) });
    },
    stop,
  };
}

function accountOf(user: string): Account {
  return { user, password: randomBytes(18).toString('base64url') };
}
