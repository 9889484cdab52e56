import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { spoolNotification, sqsRecord } from '../../../../local/spool/spool-message.ts';

const notificationSchema = z.object({
  Records: z.tuple([z.object({ s3: z.object({ object: z.object({ key: z.string(), sequencer: z.string() }) }) })]),
});

describe('spool notification', () => {
  test('is what S3 says about an object that was put', () => {
    const body: unknown = JSON.parse(spoolNotification('spool/a1', Date.UTC(2026, 10, 23), 1));

    expect(body).toMatchObject({
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          eventTime: '2026-11-23T00:00:00.000Z',
          s3: { object: { key: 'spool/a1' } },
        },
      ],
    });
  });

  test('encodes a key as S3 does: a space as +, other bytes by their UTF-8, slashes not at all', () => {
    expect(objectOf('spool/red flower+ü.jpg', 1).key).toBe('spool/red+flower%2B%C3%BC.jpg');
  });

  test('gives back any key to a reader that decodes it as a form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        fc.pre(name.isWellFormed());

        expect(new URLSearchParams(`key=${objectOf(name, 1).key}`).get('key')).toBe(name);
      }),
    );
  });

  test('of a later put has the greater sequencer', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (one, other) => {
        const [first, second] = [objectOf('spool/a1', one).sequencer, objectOf('spool/a1', other).sequencer];

        expect(first < second).toBe(one < other);
      }),
    );
  });
});

test('a message tells how often it was received, and the MD5 of its body', () => {
  const record = sqsRecord({
    id: 'message',
    receiptHandle: 'message.3',
    body: 'hello world',
    receives: 3,
    sentAt: 1,
    firstReceivedAt: 2,
  });

  expect(record).toMatchObject({
    messageId: 'message',
    receiptHandle: 'message.3',
    body: 'hello world',
    md5OfBody: '5eb63bbbe01eeed093cb22bb8f5acdc3',
    eventSource: 'aws:sqs',
    attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1', ApproximateFirstReceiveTimestamp: '2' },
  });
});

function objectOf(name: string, sequence: number) {
  const { Records } = notificationSchema.parse(JSON.parse(spoolNotification(name, 0, sequence)));
  return Records[0].s3.object;
}
