import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { config } from '#config';
import { createClickHouseBatchStore } from '../ingest/clickhouse-batch-store.ts';
import { parseProtectedCredential } from '../ingest/clickhouse-credential.ts';
import { awsClientOptions } from '../shared/aws-clients.ts';
import { required } from '../shared/environment.ts';
import { createLambdaTelemetry } from '../shared/lambda-telemetry.ts';
import { openSecretStore } from '../shared/open-secret-store.ts';
import { reportStale } from '../shared/report-stale.ts';
import { createS3BatchSpool } from '../shared/s3-batch-spool.ts';
import { cachedSecret } from '../shared/secret-cache.ts';
import { parseVersionedKeys } from '../shared/versioned-keys.ts';
import { createReplay } from './replay.ts';
import { createSqsReplayQueue } from './sqs-replay-queue.ts';

const clock = Date.now;
const aws = awsClientOptions(required(process.env, 'AWS_REGION'));
const secrets = openSecretStore(config, 'replay', process.env);
const observers = createLambdaTelemetry('replay');
const onStale = reportStale(observers.telemetry);
const secret = <T>(variable: string, parse: (text: string) => T) =>
  cachedSecret(secrets, required(process.env, variable), parse, clock, { onStale });
const queues = {
  queueUrl: required(process.env, 'REPLAY_QUEUE_URL'),
  deadLetterQueueUrl: required(process.env, 'DEAD_LETTER_QUEUE_URL'),
};

export const handler = createReplay({
  config,
  store: createClickHouseBatchStore({
    database: config.clickhouse.database,
    writer: secret('WRITER_SECRET', parseProtectedCredential),
    inspector: secret('INSPECTOR_SECRET', parseProtectedCredential),
  }),
  spool: createS3BatchSpool(required(process.env, 'SPOOL_BUCKET'), new S3Client(aws)),
  spoolKeys: secret('SPOOL_KEY_SECRET', parseVersionedKeys),
  queue: createSqsReplayQueue(queues, new SQSClient(aws)),
  clock,
  random: Math.random,
  ...observers,
});
