import { config } from '#config';
import { required } from '../shared/environment.ts';
import { createPowertoolsTelemetry } from '../shared/powertools-telemetry.ts';
import { createS3BatchSpool } from '../shared/s3-batch-spool.ts';
import { cachedSecret } from '../shared/secret-cache.ts';
import { createSecretsManagerStore } from '../shared/secrets-manager-store.ts';
import { parseVersionedKeys } from '../shared/versioned-keys.ts';
import { createClickHouseBatchStore } from './clickhouse-batch-store.ts';
import { parseClickHouseCredential } from './clickhouse-credential.ts';
import { createContractCache } from './contract-cache.ts';
import { createIngest } from './ingest.ts';

const clock = Date.now;
const secrets = createSecretsManagerStore();
const secret = <T>(variable: string, parse: (text: string) => T) =>
  cachedSecret(secrets, required(process.env, variable), parse, clock);
const store = createClickHouseBatchStore({
  database: config.clickhouse.database,
  writer: secret('WRITER_SECRET', parseClickHouseCredential),
  inspector: secret('INSPECTOR_SECRET', parseClickHouseCredential),
});

export const handler = createIngest({
  config,
  region: required(process.env, 'AWS_REGION'),
  signingMaster: secret('SIGNING_MASTER_SECRET', parseVersionedKeys),
  store,
  contracts: createContractCache(store, clock),
  spool: createS3BatchSpool(required(process.env, 'SPOOL_BUCKET')),
  spoolKeys: secret('SPOOL_KEY_SECRET', parseVersionedKeys),
  clock,
  ...createPowertoolsTelemetry('ingest'),
});
