import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { createAdminClient } from '../../../clickhouse/admin-client.ts';
import { type MigrateResult, migrate } from '../../../clickhouse/migrate.ts';
import type { Migration } from '../../../clickhouse/parse-migration.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';

export const STREAMS = [{ name: 'web_events', table: 'web_events', peakInsertsPerSecond: 20 }];
export const ACCOUNT = { user: 'admin', password: 'secret' };

/** An embedded ClickHouse without a database, for the tests of one file. */
export interface MigrationEngine {
  readonly url: string;
  readonly client: ClickHouseClient;
  /** Those of the project. */
  readonly migrations: readonly Migration[];
  migrateInto(database: string): Promise<MigrateResult>;
  stop(): Promise<void>;
}

export async function startMigrationEngine(): Promise<MigrationEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'edgehouse-migrate-'));
  const engine = await startEngine({ dataDir: folder, accounts: [{ ...ACCOUNT, admin: true }], accessSql: [] });
  const client = createAdminClient({ url: engine.url, ...ACCOUNT });
  const migrations = await readMigrations();
  return {
    url: engine.url,
    client,
    migrations,
    migrateInto: (database) => migrate({ client, database, streams: STREAMS, migrations, now: () => 0 }),
    async stop() {
      await client.close();
      await engine.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
