import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdminAccount, createAdminClient } from '../../clickhouse/admin-client.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import type { Config } from '../../config/schema.ts';
import { startEngine } from '../../local/clickhouse/start-engine.ts';

export interface BenchEngine {
  readonly account: AdminAccount;
  /** Ends the engine and removes its data. */
  stop(): Promise<void>;
}

/** An embedded ClickHouse of its own with the shipped tables, for one run of the bench. */
export async function startBenchEngine({ clickhouse, streams }: Config): Promise<BenchEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-bench-'));
  const user = { user: 'bench', password: 'bench' };
  const engine = await startEngine({ dataDir: folder, accounts: [{ ...user, admin: true }], accessSql: [] });
  const account = { url: engine.url, ...user };
  const stop = async () => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const client = createAdminClient(account);
  try {
    await migrate({
      client,
      database: clickhouse.database,
      streams: Object.values(streams),
      migrations: await readMigrations(),
    });
    return { account, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await client.close();
  }
}
