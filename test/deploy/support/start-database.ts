import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { migrate } from '../../../clickhouse/migrate.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import type { Config } from '../../../config/schema.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';

/** An embedded ClickHouse with the shipped tables that can go away and come back. */
export interface Database {
  /**
   * The secret of a ClickHouse account, as functions read it. It is the admin's, for writer and inspector alike: the embedded
   * engine makes no users, so what each may do is proved elsewhere (test/integration/grants.test.ts).
   */
  readonly secret: string;
  /** Rows of a SELECT, every value as text. */
  query(sql: string): Promise<readonly (readonly string[])[]>;
  /** Declared, stored, quarantined, missing and duplicate rows of a batch; undefined while nothing of it is there. */
  ledger(batchId: string): Promise<readonly number[] | undefined>;
  /** Nobody listens at its port any more. */
  goAway(): Promise<void>;
  /** At the same port, with the same data. */
  comeBack(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export async function startDatabase({ clickhouse, streams }: Config): Promise<Database> {
  const dataDir = await mkdtemp(join(tmpdir(), 'edgehouse-deploy-'));
  const account = { user: 'deploy', password: 'deploy' };
  const options = { dataDir, accounts: [{ ...account, admin: true }], accessSql: [] };
  let engine = await startEngine(options);
  const { url } = engine;
  const stop = async (): Promise<void> => {
    await engine.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const client = createAdminClient({ url, ...account });
  try {
    await migrate({
      client,
      database: clickhouse.database,
      streams: Object.values(streams),
      migrations: await readMigrations(),
    });
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await client.close();
  }
  const query = async (sql: string): Promise<readonly (readonly string[])[]> => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': account.user, 'X-ClickHouse-Key': account.password },
      body: `${sql} FORMAT JSONCompactStringsEachRow`,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`ClickHouse answered ${answer.status}: ${text}`);
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line));
  };
  return {
    secret: JSON.stringify({ url, username: account.user, password: account.password }),
    query,
    async ledger(batchId) {
      const counts = 'declared, stored, quarantined, missing, duplicates';
      const [entry] = await query(`SELECT ${counts} FROM ${clickhouse.database}.batches WHERE batch_id = '${batchId}'`);
      return entry?.map(Number);
    },
    goAway: () => engine.stop(),
    async comeBack() {
      engine = await startEngine({ ...options, port: Number(new URL(url).port) });
    },
    stop,
  };
}
