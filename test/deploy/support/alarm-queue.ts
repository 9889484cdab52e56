import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { callAws } from './call-aws.ts';
import { type Emulator, sdkSettings } from './emulator.ts';

const envelopeSchema = z.object({ Message: z.string() });
const noticeSchema = z.object({
  AlarmName: z.string(),
  NewStateValue: z.string(),
  Trigger: z.object({ MetricName: z.string() }),
});

/** What an alarm says to whoever subscribed to its topic. */
export type AlarmNotice = z.output<typeof noticeSchema>;

/** A queue in the place of the one who is woken. */
export interface AlarmQueue {
  /** What came since the last look. */
  receive(): Promise<readonly AlarmNotice[]>;
  close(): void;
}

/** Subscribes a queue of its own to the topic of the alarms. @param topic its ARN */
export async function subscribeQueue(emulator: Emulator, topic: string): Promise<AlarmQueue> {
  const sqs = new SQSClient(sdkSettings(emulator));
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'woken', Attributes: { Policy: admit(topic) } }),
  );
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const subscription = { TopicArn: topic, Protocol: 'sqs', Endpoint: Attributes?.['QueueArn'] };
  await callAws(emulator, 'sns', 'subscribe', subscription);
  return {
    async receive() {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      return Messages.map(({ Body = '' }) =>
        noticeSchema.parse(JSON.parse(envelopeSchema.parse(JSON.parse(Body)).Message)),
      );
    },
    close: () => sqs.destroy(),
  };
}

/** The topic, and nobody else, may send. */
function admit(topic: string): string {
  const Principal = { Service: 'sns.amazonaws.com' };
  const Condition = { ArnEquals: { 'aws:SourceArn': topic } };
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sqs:SendMessage', Resource: '*', Condition }],
  });
}
