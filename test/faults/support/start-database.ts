import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { type AdminAccount, createAdminClient } from '../../../clickhouse/admin-client.ts';
import { migrate } from '../../../clickhouse/migrate.ts';
import type { Migration } from '../../../clickhouse/parse-migration.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import type { Config } from '../../../config/schema.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';

/** An embedded ClickHouse for the tests of one file, which may be killed and comes back where it was. */
export interface TestDatabase {
  readonly account: AdminAccount;
  readonly admin: ClickHouseClient;
  /** Another user with the same rights, for a password that is rotated. */
  readonly otherAccount: AdminAccount;
  /**
   * The shipped tables in a database of their own, so that a test may alter them. Returns its name.
   *
   * @param migrations @default the shipped ones
   */
  migrateNew(streams: Config['streams'], migrations?: readonly Migration[]): Promise<string>;
  /** As `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** At the same port, on the same data. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'edgehouse-faults-'));
  const user = { user: 'admin', password: 'admin' };
  const other = { user: 'other', password: 'other' };
  const accounts = [user, other].map((account) => ({ ...account, admin: true }));
  const options = { dataDir: join(folder, 'clickhouse'), accounts, accessSql: [] };
  let engine = await startEngine(options);
  const account = { url: engine.url, ...user };
  const admin = createAdminClient(account);
  return {
    account,
    otherAccount: { url: engine.url, ...other },
    admin,
    async migrateNew(streams, migrations) {
      const database = `faults_${randomBytes(6).toString('hex')}`;
      const all = migrations ?? (await readMigrations());
      await migrate({ client: admin, database, streams: Object.values(streams), migrations: all });
      return database;
    },
    async kill() {
      await engine.kill();
      await engine.removeScratch();
    },
    async startAgain() {
      engine = await startEngine({ ...options, port: Number(new URL(account.url).port) });
    },
    async stop() {
      await admin.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
