import { afterEach, beforeEach } from '@jest/globals';
import { type AwsStub, startAwsStub } from './aws-stub.ts';

/** Has every AWS client that a test of this file makes ask a stub, anew for each test. */
export function pointAwsAtStub(): { readonly stub: () => AwsStub } {
  let before: NodeJS.ProcessEnv;
  let aws: AwsStub;
  beforeEach(async () => {
    before = process.env;
    aws = await startAwsStub();
    process.env = {
      ...before,
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'key',
      AWS_ENDPOINT_URL: aws.options.endpoint,
    };
  });
  afterEach(async () => {
    process.env = before;
    await aws.close();
  });
  return { stub: () => aws };
}
