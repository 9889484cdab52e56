import type { SQSRecord } from 'aws-lambda';

/** What S3 writes of an object that was put; `key` as S3 would have encoded it. */
export function notificationOf(key: unknown): string {
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: '2026-01-01T00:00:00.000Z',
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: 'spool', arn: 'arn:aws:s3:::spool' },
          object: { key, size: 1, eTag: 'e', sequencer: '0A' },
        },
      },
    ],
  });
}

/** A message as Lambda hands it over. */
export function recordOf(body: string, index = 0, receives = 1): SQSRecord {
  return {
    messageId: `message-${index}`,
    receiptHandle: `handle-${index}`,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: 's3',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:replay',
    awsRegion: 'us-east-1',
  };
}
