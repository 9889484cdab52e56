import { createHash } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';

const REGION = 'local';
const BUCKET = 'edgehouse-spool';
const QUEUE_ARN = `arn:aws:sqs:${REGION}:000000000000:edgehouse-replay`;

/**
 * What S3 tells a queue about an object that was put, as JSON: the members of its event message structure 2.1 that say
 * what was put where (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 *
 * @param sequence tells two puts of one object apart, the later one being greater
 */
export function spoolNotification(name: string, at: number, sequence: number): string {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: REGION,
    eventTime: new Date(at).toISOString(),
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: BUCKET, arn: `arn:aws:s3:::${BUCKET}` },
      object: { key: encodeKey(name), sequencer: sequence.toString(16).toUpperCase().padStart(18, '0') },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** A message as Lambda gets it, with how often it has been received by then. */
export function sqsRecord(message: {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly receives: number;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
}): SQSRecord {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receives),
      SentTimestamp: String(message.sentAt),
      SenderId: BUCKET,
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: QUEUE_ARN,
    awsRegion: REGION,
  };
}

/** S3 encodes a key as a form does, a space as `+`, but leaves its slashes. */
function encodeKey(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%20', '+');
}
