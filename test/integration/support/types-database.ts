import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { BatchStore } from '../../../functions/ingest/batch-store.ts';
import { createClickHouseBatchStore } from '../../../functions/ingest/clickhouse-batch-store.ts';
import { startEngine } from '../../../local/clickhouse/start-engine.ts';

/** An embedded ClickHouse with an empty database for the tables of one test file. */
export interface TypesDatabase {
  readonly client: ClickHouseClient;
  /** As ingest uses it. */
  readonly store: BatchStore;
  stop(): Promise<void>;
}

export async function startTypesDatabase(): Promise<TypesDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'edgehouse-types-'));
  const account = { user: 'admin', password: 'admin' };
  const engine = await startEngine({ dataDir, accounts: [{ ...account, admin: true }], accessSql: [] });
  const login = { url: engine.url, username: account.user, password: account.password };
  const admin = createClient(login);
  // An own one: `default` is an Overlay database here.
  await admin.command({ query: 'CREATE DATABASE types' });
  await admin.close();
  // Its own log prints every statement that a test expects to fail.
  const log = { level: ClickHouseLogLevel.OFF };
  const client = createClient({ ...login, log, database: 'types' });
  const secret = { get: async () => login, expire: () => undefined };
  const store = createClickHouseBatchStore({ database: 'types', writer: secret, inspector: secret });
  return {
    client,
    store,
    async stop() {
      await client.close();
      await store.close();
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
