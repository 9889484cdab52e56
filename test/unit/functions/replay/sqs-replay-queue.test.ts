import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ReplayQueue } from '../../../../functions/replay/replay-queue.ts';
import { createSqsReplayQueue } from '../../../../functions/replay/sqs-replay-queue.ts';
import { type AwsStub, json, jsonError, startAwsStub } from '../shared/aws-stub.ts';

let stub: AwsStub;
let queue: ReplayQueue;
const asked = () => JSON.parse(String(stub.requests[0]?.body));

beforeEach(async () => {
  stub = await startAwsStub();
  const { endpoint } = stub.options;
  const urls = { queueUrl: `${endpoint}/1/replay`, deadLetterQueueUrl: `${endpoint}/1/dead` };
  queue = createSqsReplayQueue(urls, new SQSClient(stub.options));
});
afterEach(() => stub.close());

describe('the replay queue in SQS', () => {
  test.each([
    [900, 900],
    [1.4, 1],
    [50_000, 43_200],
  ])('hides a message for the time asked, as far as SQS can: %d s', async (seconds, hidden) => {
    stub.answer(json({}));
    await queue.postpone('handle', seconds);
    expect(stub.requests[0]?.headers['x-amz-target']).toBe('AmazonSQS.ChangeMessageVisibility');
    expect(asked()).toEqual({
      QueueUrl: expect.stringMatching(/\/1\/replay$/),
      ReceiptHandle: 'handle',
      VisibilityTimeout: hidden,
    });
  });

  test('puts a message among the dead letters, its reason beside it', async () => {
    stub.answer(({ body }) => {
      const { MessageBody }: { readonly MessageBody: string } = JSON.parse(String(body));
      return json({ MessageId: '1', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') });
    });
    await queue.bury('{"Records":[]}', 'VERDICT_UNFIT');
    expect(asked()).toEqual({
      QueueUrl: expect.stringMatching(/\/1\/dead$/),
      MessageBody: '{"Records":[]}',
      MessageAttributes: { reason: { DataType: 'String', StringValue: 'VERDICT_UNFIT' } },
    });
  });

  test('says what it could not do, and why', async () => {
    stub.answer(jsonError(400, 'com.amazonaws.sqs#MessageNotInflight'), jsonError(403, 'AccessDeniedException'));
    await expect(queue.postpone('handle', 5)).rejects.toMatchObject({
      code: 'REPLAY_QUEUE_FAILED',
      retryable: true,
      message: expect.stringMatching(/^Postponing a message failed: MessageNotInflight, status 400\. Check/),
    });
    await expect(queue.bury('canary', 'OBJECT_TAMPERED')).rejects.toThrow(
      'Burying a message failed: AccessDeniedException, status 403. Check',
    );
  });
});
