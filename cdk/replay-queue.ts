import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/** What waits for replay, and what replay gave up on. */
export class ReplayQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', { ...KEPT });
    Validations.of(this.deadLetters).acknowledge(...IS_DEAD_LETTER_QUEUE);
    this.queue = new Queue(this, 'Queue', {
      ...KEPT,
      // Six times the function's 120 s, as the Lambda guide asks for queues: a batch is not handed out twice while one runs.
      visibilityTimeout: Duration.seconds(720),
      // Replay itself buries what cannot be stored. At most 15 minutes apart, so many attempts last ten days: an outage makes no dead letters.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 1000 },
    });
  }
}

/** 14 days is the longest that SQS keeps a message. The object stays in the spool after that, too. */
const KEPT = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) } as const;

/** For the queue at the end of the line. */
export const IS_DEAD_LETTER_QUEUE = [
  { id: 'AwsSolutions-SQS3', reason: 'It is the dead-letter queue.' },
  { id: 'Serverless-SQSRedrivePolicy', reason: 'It is the dead-letter queue.' },
] as const;
