import { createServer } from 'node:http';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { awsClientOptions, describeAwsFault } from '../../../../functions/shared/aws-clients.ts';
import { closeServer, listen } from '../../../../local/listen.ts';

describe('a client of AWS', () => {
  test('tries three times, and looks for its region nowhere', async () => {
    const { config } = new SQSClient(awsClientOptions('eu-central-1'));
    expect(await config.maxAttempts()).toBe(3);
    expect(await config.region()).toBe('eu-central-1');
  });

  test('does not wait for ever on a service that took the question and says nothing', async () => {
    const silent = createServer(() => undefined);
    const url = await listen(silent, 0);
    const options = awsClientOptions('eu-central-1');
    const client = new SQSClient({
      ...options,
      endpoint: url,
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
      maxAttempts: 1,
      requestHandler: { ...options.requestHandler, requestTimeout: 20, socketTimeout: 60_000 },
    });
    try {
      const failure = await client.send(new ListQueuesCommand({})).catch((error: unknown) => error);
      expect(describeAwsFault(failure)).toBe('no answer in time');
      expect(options.requestHandler.requestTimeout).toBe(3000);
    } finally {
      await closeServer(silent);
    }
  });
});

describe('a fault of AWS in our words', () => {
  const withMetadata = (name: string, metadata: object) =>
    Object.assign(new Error('canary'), { name, $metadata: metadata });

  test.each([
    ['a refusal', withMetadata('AccessDenied', { httpStatusCode: 403, attempts: 1 }), 'AccessDenied, status 403'],
    [
      'a throttled call',
      withMetadata('ThrottlingException', { httpStatusCode: 400, attempts: 3 }),
      'ThrottlingException, status 400, 3 attempts',
    ],
    ['silence', withMetadata('TimeoutError', { attempts: 3 }), 'no answer in time'],
    ['an end by the caller', new DOMException('canary', 'AbortError'), 'no answer in time'],
    ['nobody at the other end', Object.assign(new Error('canary'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a name that is a sentence', withMetadata('canary, and more', {}), 'an error without a name'],
    ['something that is no error', 'canary', 'no answer'],
  ])('%s', (_what, fault, words) => {
    expect(describeAwsFault(fault)).toBe(words);
  });

  test('never quotes a message, whatever was thrown', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.record({ code: fc.anything(), $metadata: fc.anything() }).map((extra) => Object.assign(new Error('©'), extra)),
    );
    fc.assert(
      fc.property(thrown, (fault) => {
        expect(describeAwsFault(fault)).not.toContain('©');
      }),
    );
  });
});
