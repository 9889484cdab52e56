import { expect, test } from '@jest/globals';
import { COUNT_LEDGER } from '../../../../functions/replay/count-ledger.ts';
import { captureLines } from '../../../cdk/watch/emitted-metrics.ts';
import { json } from '../shared/aws-stub.ts';
import { pointAwsAtStub } from '../shared/point-aws-at-stub.ts';
import { recordOf } from './spool-notification.ts';

const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  WRITER_SECRET: 'writer',
  INSPECTOR_SECRET: 'inspector',
  SPOOL_KEY_SECRET: 'key',
  SPOOL_BUCKET: 'spool',
  REPLAY_QUEUE_URL: 'https://sqs.example/queue',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.example/dead',
};

const { stub: aws } = pointAwsAtStub();

test('the deployed replay counts the ledger when its schedule calls, and answers the queue as it has to', async () => {
  Object.assign(process.env, ENVIRONMENT);
  const { handler } = await import('../../../../functions/replay/handler.ts');
  const credential = { url: aws().options.endpoint, username: 'inspector', password: 'canary' };
  // The stub is ClickHouse too, and finds nothing.
  aws().answer(json({ SecretString: JSON.stringify(credential) }), { body: '' });

  const counted = await captureLines(async () => {
    expect(await handler(COUNT_LEDGER)).toBeUndefined();
  });
  const delivered = await handler({ Records: [recordOf('{"Event":"s3:TestEvent"}')] });

  expect(counted).toMatchObject([
    { service: 'replay', RowsMissing: 0 },
    { service: 'replay', RowsDuplicated: 0 },
  ]);
  expect(String(aws().requests[0]?.body)).toContain('"inspector"');
  expect(aws().requests[1]?.path).toContain('since');
  expect(delivered).toEqual({ batchItemFailures: [] });
});
