import { config } from '#config';
import { createClickHouseBatchStore } from '../../../functions/ingest/clickhouse-batch-store.ts';
import type { ClickHouseCredential } from '../../../functions/ingest/clickhouse-credential.ts';
import { createContractCache } from '../../../functions/ingest/contract-cache.ts';
import { createIngest } from '../../../functions/ingest/ingest.ts';
import type { IngestEvent } from '../../../functions/ingest/ingest-state.ts';
import { createReplay } from '../../../functions/replay/replay.ts';
import type { BatchSpool } from '../../../functions/shared/batch-spool.ts';
import { createLambdaTelemetry } from '../../../functions/shared/lambda-telemetry.ts';
import { reportStale } from '../../../functions/shared/report-stale.ts';
import { type CachedSecret, cachedSecret } from '../../../functions/shared/secret-cache.ts';
import type { VersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { lambdaContext } from '../../../local/gateway/lambda-context.ts';
import { patientConfig } from '../../faults/support/patient-config.ts';
import { SIGNING_MASTER } from '../../faults/support/signed-batch.ts';
import type { TestDatabase } from '../../faults/support/start-database.ts';
import { memoryBatchSpool } from '../../unit/functions/memory-batch-spool.ts';
import { recordOf } from '../../unit/functions/replay/spool-notification.ts';
import { makeCanary } from './redaction.ts';

export const SPOOL_KEYS: VersionedKeys = [{ version: 1, key: Buffer.from(makeCanary()).subarray(0, 32) }];

export interface IngestParts {
  readonly spool?: BatchSpool;
  readonly signingMaster?: CachedSecret<VersionedKeys>;
  readonly spoolKeys?: CachedSecret<VersionedKeys>;
  readonly writer?: CachedSecret<ClickHouseCredential>;
}

/**
 * Ingest and replay as they are deployed, on tables of their own in the real engine; only spool, queue and secrets are a test's.
 *
 * @param words of the queue when it fails, which it always does
 */
export async function openIngest(database: TestDatabase, words: string, parts: IngestParts = {}) {
  const name = await database.migrateNew(config.streams);
  const { url, user, password } = database.account;
  const account = fixed({ url, username: user, password });
  const store = createClickHouseBatchStore({ database: name, writer: parts.writer ?? account, inspector: account });
  const memory = memoryBatchSpool();
  const clock = Date.now;
  const observers = createLambdaTelemetry('ingest');
  const ingest = createIngest({
    config: patientConfig(config, 10_000),
    region: 'us-east-1',
    signingMaster: fixed([SIGNING_MASTER]),
    principalKeys: new Map(),
    store,
    contracts: createContractCache(store, clock),
    spool: memory.spool,
    spoolKeys: fixed(SPOOL_KEYS),
    ...observers,
    ...parts,
    clock,
  });
  const replay = createReplay({
    config,
    store,
    spool: memory.spool,
    spoolKeys: fixed(SPOOL_KEYS),
    clock,
    queue: {
      postpone: async () => Promise.reject(new Error(words)),
      bury: async () => Promise.reject(new TypeError(words)),
    },
    ...createLambdaTelemetry('replay'),
    random: () => 0,
  });
  return {
    objects: memory.objects,
    send: (event: IngestEvent) => ingest(event, CONTEXT),
    deliver: (...bodies: readonly string[]) => replay({ Records: bodies.map((body, at) => recordOf(body, at)) }),
    alter: (sql: string) => database.admin.command({ query: sql.replaceAll('{db}', name) }),
    close: () => store.close(),
  };
}

export function fixed<T>(value: T): CachedSecret<T> {
  return { get: async () => value, expire: () => undefined };
}

/** A secret whose text cannot be used, and which holds what must not be told. */
export function unusable<T>(text: string, parse: (text: string) => T): CachedSecret<T> {
  const onStale = reportStale(createLambdaTelemetry('ingest').telemetry);
  return cachedSecret({ read: async () => text }, 'edgehouse/secret', parse, Date.now, { onStale });
}

/** Time stands still in it. */
const CONTEXT = lambdaContext('r1', 15_000, () => 0);
