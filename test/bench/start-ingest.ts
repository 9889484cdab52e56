import { createHash, randomUUID } from 'node:crypto';
import type { AdminAccount } from '../../clickhouse/admin-client.ts';
import { createClickHouseBatchStore } from '../../functions/ingest/clickhouse-batch-store.ts';
import { type ContractCache, createContractCache } from '../../functions/ingest/contract-cache.ts';
import { createIngest, type Ingest } from '../../functions/ingest/ingest.ts';
import { deriveBatchKey } from '../../functions/shared/batch-key.ts';
import { SpoolError } from '../../functions/shared/batch-spool.ts';
import type { CachedSecret } from '../../functions/shared/secret-cache.ts';
import type { VersionedKey } from '../../functions/shared/versioned-keys.ts';
import type { Sender } from './batch-event.ts';
import { benchConfig } from './bench-config.ts';

export interface BenchIngest {
  readonly ingest: Ingest;
  readonly contracts: ContractCache;
  readonly sender: Sender;
  close(): Promise<void>;
}

/** The real ingest on the bench's engine, and a sender who may write all its streams. */
export function startIngest(account: AdminAccount): BenchIngest {
  const credential = fixed({ url: account.url, username: account.user, password: account.password });
  const master: VersionedKey = { version: 1, key: createHash('sha256').update('bench').digest() };
  const store = createClickHouseBatchStore({
    database: benchConfig.clickhouse.database,
    writer: credential,
    inspector: credential,
  });
  const contracts = createContractCache(store, Date.now);
  const ingest = createIngest({
    config: benchConfig,
    region: 'us-east-1',
    signingMaster: fixed([master]),
    principalKeys: new Map(),
    store,
    contracts,
    spool: { create: refuse, replace: refuse, read: refuse, remove: refuse },
    spoolKeys: fixed([master]),
    clock: Date.now,
    // Made into text as the real one is, and then written nowhere.
    audit: (line) => void JSON.stringify(line),
    telemetry: { count: () => undefined, warn: () => undefined },
  });
  return { ingest, contracts, sender: makeSender(master), close: () => store.close() };
}

/** Ingest never looks into a token: the authorizer has. As long as a real one, since its bytes are hashed for the key. */
function makeSender(master: VersionedKey): Sender {
  const token = `bench.${'x'.repeat(700)}.token`;
  return {
    identity: {
      principal: 'web-edge',
      auth: 'token',
      iss: 'https://issuer.example',
      sub: 'ew:12345',
      clientId: 'ew:12345',
      jti: randomUUID(),
      kid: 'bench',
      exp: Math.floor(Date.now() / 1000) + 3_600,
    },
    source: 'ew/12345/1.2.0',
    token,
    batchKey: deriveBatchKey(master, token),
  };
}

function fixed<T>(value: T): CachedSecret<T> {
  return { get: async () => value, expire: () => undefined };
}

/** What ClickHouse does not take makes the run fail: a spooled batch would be a wrong figure. */
async function refuse(): Promise<never> {
  throw new SpoolError('The bench');
}
