import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
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
import { type COUNT_LEDGER, countLedger, isLedgerCount } from './count-ledger.ts';
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

const store = createClickHouseBatchStore({
  database: config.clickhouse.database,
  writer: secret('WRITER_SECRET', parseProtectedCredential),
  inspector: secret('INSPECTOR_SECRET', parseProtectedCredential),
});
const spool = createS3BatchSpool(required(process.env, 'SPOOL_BUCKET'), new S3Client(aws));

const replay = createReplay({
  config,
  store,
  spool,
  spoolKeys: secret('SPOOL_KEY_SECRET', parseVersionedKeys),
  queue: createSqsReplayQueue(queues, new SQSClient(aws)),
  clock,
  random: Math.random,
  ...observers,
});

/** The queue calls it with what waits; and a schedule, to count what the ledger says of the last hours. */
export async function handler(event: SQSEvent | typeof COUNT_LEDGER): Promise<SQSBatchResponse | undefined> {
  if (!isLedgerCount(event)) return replay(event);
  await countLedger({ streams: config.streams, store, spool, clock, telemetry: observers.telemetry });
  return undefined;
}
