import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { config } from '#config';
import { awsClientOptions } from '../shared/aws-clients.ts';
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
const region = required(process.env, 'AWS_REGION');
const aws = awsClientOptions(region);
const secrets = createSecretsManagerStore(new SecretsManagerClient(aws));
const secret = <T>(variable: string, parse: (text: string) => T) =>
  cachedSecret(secrets, required(process.env, variable), parse, clock);
const store = createClickHouseBatchStore({
  database: config.clickhouse.database,
  writer: secret('WRITER_SECRET', parseClickHouseCredential),
  inspector: secret('INSPECTOR_SECRET', parseClickHouseCredential),
});

export const handler = createIngest({
  config,
  region,
  signingMaster: secret('SIGNING_MASTER_SECRET', parseVersionedKeys),
  store,
  contracts: createContractCache(store, clock),
  spool: createS3BatchSpool(required(process.env, 'SPOOL_BUCKET'), new S3Client(aws)),
  spoolKeys: secret('SPOOL_KEY_SECRET', parseVersionedKeys),
  clock,
  ...createPowertoolsTelemetry('ingest'),
});
