import { S3Client } from '@aws-sdk/client-s3';
import { config } from '#config';
import { awsClientOptions } from '../shared/aws-clients.ts';
import { required } from '../shared/environment.ts';
import { createLambdaTelemetry } from '../shared/lambda-telemetry.ts';
import { openSecretStore } from '../shared/open-secret-store.ts';
import { openPrincipalKeys, principalKeyVariable } from '../shared/principal-key.ts';
import { reportStale } from '../shared/report-stale.ts';
import { createS3BatchSpool } from '../shared/s3-batch-spool.ts';
import { cachedSecret } from '../shared/secret-cache.ts';
import { parseVersionedKeys } from '../shared/versioned-keys.ts';
import { createBreaker } from './breaker.ts';
import { createClickHouseBatchStore } from './clickhouse-batch-store.ts';
import { parseProtectedCredential } from './clickhouse-credential.ts';
import { createContractCache } from './contract-cache.ts';
import { guardStore } from './guard-store.ts';
import { createIngest } from './ingest.ts';
import { restColumnsOf } from './rest-columns.ts';

const clock = Date.now;
const region = required(process.env, 'AWS_REGION');
const aws = awsClientOptions(region);
const secrets = openSecretStore(config, 'ingest', process.env);
const observers = createLambdaTelemetry('ingest');
const onStale = reportStale(observers.telemetry);
const secret = <T>(variable: string, parse: (text: string) => T) =>
  cachedSecret(secrets, required(process.env, variable), parse, clock, { onStale });
const clickhouse = createClickHouseBatchStore({
  database: config.clickhouse.database,
  writer: secret('WRITER_SECRET', parseProtectedCredential),
  inspector: secret('INSPECTOR_SECRET', parseProtectedCredential),
});
const store = guardStore(clickhouse, createBreaker(clock));

export const handler = createIngest({
  config,
  region,
  signingMaster: secret('SIGNING_MASTER_SECRET', parseVersionedKeys),
  principalKeys: openPrincipalKeys(config.principals, (principal) =>
    secret(principalKeyVariable(principal), parseVersionedKeys),
  ),
  store,
  contracts: createContractCache(store, clock, restColumnsOf(config.streams)),
  spool: createS3BatchSpool(required(process.env, 'SPOOL_BUCKET'), new S3Client(aws)),
  spoolKeys: secret('SPOOL_KEY_SECRET', parseVersionedKeys),
  clock,
  ...observers,
});
