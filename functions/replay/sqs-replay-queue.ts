import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describeAwsFault } from '../shared/aws-clients.ts';
import type { ReplayQueue } from './replay-queue.ts';

export interface SqsReplayQueueOptions {
  /** URL of the queue that the messages come from. */
  readonly queueUrl: string;
  /** URL of the queue that a person looks at. */
  readonly deadLetterQueueUrl: string;
}

/** SQS did not do what replay asked; the message comes again when its visibility timeout is over. */
export class ReplayQueueError extends Error {
  override readonly name = 'ReplayQueueError';
  readonly code = 'REPLAY_QUEUE_FAILED';
  readonly retryable = true;
  /** @param seen what came instead of the answer */
  constructor(what: string, seen: string, options: ErrorOptions) {
    super(`${what} failed: ${seen}. Check that the queue exists and that the replay function may use it.`, options);
  }
}

/** All attempts together. */
const TIMEOUT_MS = 5000;
/** SQS hides a message for 12 hours at most, counted from when it was received. */
const MOST_HIDDEN_SECONDS = 43_200;

/** The replay queue in SQS. The reason of a dead letter is its attribute `reason`, where the console shows it. */
export function createSqsReplayQueue(options: SqsReplayQueueOptions, client: SQSClient): ReplayQueue {
  return {
    async postpone(receiptHandle, seconds) {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: options.queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.min(Math.round(seconds), MOST_HIDDEN_SECONDS),
      });
      try {
        await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      } catch (cause) {
        throw new ReplayQueueError('Postponing a message', describeAwsFault(cause), { cause });
      }
    },
    async bury(body, reason) {
      const command = new SendMessageCommand({
        QueueUrl: options.deadLetterQueueUrl,
        MessageBody: body,
        MessageAttributes: { reason: { DataType: 'String', StringValue: reason } },
      });
      try {
        await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      } catch (cause) {
        throw new ReplayQueueError('Burying a message', describeAwsFault(cause), { cause });
      }
    },
  };
}
