import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdminAccount, createAdminClient } from '../../clickhouse/admin-client.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import { startEngine } from '../../local/clickhouse/start-engine.ts';
import { benchConfig } from './bench-config.ts';
import { benchMigration, nullTableSql } from './bench-tables.ts';
import { DATA_SETS, type DataSet } from './data-sets.ts';

export interface BenchEngine {
  readonly account: AdminAccount;
  /** Removes the rows of a data set: what is stored already must not slow what comes. */
  empty(dataSet: DataSet): Promise<void>;
  /** Ends the engine and removes its data. */
  stop(): Promise<void>;
}

/** An embedded ClickHouse of its own with the tables of all data sets, for one run of the bench. */
export async function startBenchEngine(): Promise<BenchEngine> {
  const { database } = benchConfig.clickhouse;
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-bench-'));
  const user = { user: 'bench', password: 'bench' };
  const engine = await startEngine({ dataDir: folder, accounts: [{ ...user, admin: true }], accessSql: [] });
  const account = { url: engine.url, ...user };
  const client = createAdminClient(account);
  const run = (query: string) => client.command({ query, http_headers: { 'X-ClickHouse-Database': database } });
  const stop = async () => {
    await client.close();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const shipped = await readMigrations();
    await migrate({
      client,
      database,
      streams: DATA_SETS.flatMap(({ stream }) => benchConfig.streams[stream] ?? []),
      migrations: [...shipped, benchMigration(shipped.length + 1, DATA_SETS)],
    });
    for (const dataSet of DATA_SETS) await run(nullTableSql(dataSet));
  } catch (error) {
    await stop();
    throw error;
  }
  return { account, empty: async ({ stream }) => void (await run(`TRUNCATE TABLE ${stream}`)), stop };
}
