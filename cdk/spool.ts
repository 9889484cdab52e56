import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { SPOOL_KEY_SECRET } from '../config/secret-names.ts';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';
import { ReplayQueue } from './replay-queue.ts';
import type { SecretKeeper } from './secret-keeper.ts';
import type { SharedSecretIds } from './shared-secrets.ts';
import { type ObjectRights, SpoolBucket, VERDICT_PREFIX } from './spool-bucket.ts';

/** It puts nothing where a put is announced: a function must not wake itself. */
const REPLAY_RIGHTS: ObjectRights = {
  [SPOOL_PREFIX]: ['s3:DeleteObject', 's3:GetObject'],
  [VERDICT_PREFIX]: ['s3:GetObject', 's3:PutObject'],
};

export interface SpoolProps {
  readonly bundle: string;
  readonly keeper: SecretKeeper;
  readonly secrets: SharedSecretIds;
}

/** What ClickHouse could not take, kept until replay has stored it: bucket, queue, replay. */
export class Spool extends Construct {
  readonly store: SpoolBucket;
  readonly replayQueue: ReplayQueue;
  /** Seals what lies in the bucket. Secrets Manager has one for each region, Vault one for all. */
  readonly keySecret: string;
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, { bundle, keeper, secrets }: SpoolProps) {
    super(scope, id);
    this.replayQueue = new ReplayQueue(this, 'Replay');
    const { queue, deadLetters } = this.replayQueue;
    this.store = new SpoolBucket(this, 'Store', { queue });
    const { bucket } = this.store;
    this.keySecret = keeper.generated(this, 'SealingKey', {
      name: SPOOL_KEY_SECRET,
      purpose: 'seals what lies in the spool',
    });
    const access = keeper.access({
      WRITER_SECRET: secrets.writer,
      INSPECTOR_SECRET: secrets.inspector,
      SPOOL_KEY_SECRET: this.keySecret,
    });
    this.function = new EdgehouseFunction(this, 'Replayer', {
      bundle,
      description: 'Stores spooled batches in ClickHouse',
      environment: {
        ...access.environment,
        SPOOL_BUCKET: bucket.bucketName,
        REPLAY_QUEUE_URL: queue.queueUrl,
        DEAD_LETTER_QUEUE_URL: deadLetters.queueUrl,
      },
      permissions: [
        ...access.permissions,
        ...this.store.access(REPLAY_RIGHTS),
        // The first three are what an event source itself needs (Lambda guide, "Using Lambda with Amazon SQS").
        new PolicyStatement({
          actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
          resources: [queue.queueArn],
        }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
      // A delivery's ten batches lie in it side by side: of 20 MB inflated, some 70 MB each, and hostile ones more.
      memorySize: 2048,
      timeout: Duration.seconds(120),
      logRetention: RetentionDays.ONE_MONTH,
    });
    this.store.acknowledge(this.function, REPLAY_RIGHTS);
    const source = new EventSourceMapping(this, 'Source', {
      target: this.function.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // A ClickHouse that has just come back is not run over by all that waited for it.
      maxConcurrency: 5,
    });
    Validations.of(source).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason: 'A queue as a source knows no such destination: its own redrive policy has that part.',
    });
  }
}
