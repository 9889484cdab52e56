import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Emulator, sdkSettings } from './emulator.ts';
import type { RegionOutputs } from './stack-outputs.ts';

/** A dead letter as the operator finds it. */
export interface DeadLetter {
  readonly reason: string | undefined;
  readonly body: string;
}

/** Looks into the spool past every right of the functions, as one who got at the bucket would. */
export interface SpoolInspector {
  /** What lies under `spool/`, by name. */
  names(): Promise<readonly string[]>;
  read(name: string): Promise<Buffer>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** All that were received so far, each once. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  close(): void;
}

export function inspectSpool(emulator: Emulator, { SpoolBucket, DeadLetterQueueUrl }: RegionOutputs): SpoolInspector {
  const s3 = new S3Client({ ...sdkSettings(emulator), forcePathStyle: true });
  const sqs = new SQSClient(sdkSettings(emulator));
  const dead = new Map<string, DeadLetter>();
  return {
    async names() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: SpoolBucket, Prefix: 'spool/' }));
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    async read(name) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: SpoolBucket, Key: name }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async put(name, bytes) {
      await s3.send(new PutObjectCommand({ Bucket: SpoolBucket, Key: name, Body: bytes }));
    },
    async deadLetters() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: DeadLetterQueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      for (const { MessageId = '', MessageAttributes, Body = '' } of Messages) {
        dead.set(MessageId, { reason: MessageAttributes?.['reason']?.StringValue, body: Body });
      }
      return [...dead.values()];
    },
    close() {
      s3.destroy();
      sqs.destroy();
    },
  };
}
