import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BatchSpool } from '../../../../functions/shared/batch-spool.ts';
import { createS3BatchSpool } from '../../../../functions/shared/s3-batch-spool.ts';
import { type AwsStub, s3Error, startAwsStub } from './aws-stub.ts';

const BYTES = Buffer.from([0, 255, 10, 13]);

let stub: AwsStub;
let spool: BatchSpool;
const signal = () => new AbortController().signal;

beforeEach(async () => {
  stub = await startAwsStub();
  spool = createS3BatchSpool('bucket', new S3Client(stub.options));
});
afterEach(() => stub.close());

describe('the spool in S3', () => {
  test('puts an object only where its name is free', async () => {
    stub.answer({});
    expect(await spool.create('spool/a', BYTES, signal())).toBe('created');
    expect(stub.requests).toHaveLength(1);
    expect(stub.requests[0]).toMatchObject({ method: 'PUT', headers: { 'if-none-match': '*' }, body: BYTES });
    expect(stub.requests[0]?.path).toMatch(/^\/bucket\/spool\/a(\?|$)/);
  });

  test('says that an object is there already', async () => {
    stub.answer(s3Error(412, 'PreconditionFailed'));
    expect(await spool.create('spool/a', BYTES, signal())).toBe('exists');
  });

  test('asks again when S3 has not decided between two writers', async () => {
    stub.answer(s3Error(409, 'ConditionalRequestConflict'), s3Error(409, 'ConditionalRequestConflict'), {});
    expect(await spool.create('spool/a', BYTES, signal())).toBe('created');
    expect(stub.requests).toHaveLength(3);
  });

  test('gives up when S3 never decides', async () => {
    stub.answer(...Array.from({ length: 4 }, () => s3Error(409, 'ConditionalRequestConflict')));
    await expect(spool.create('spool/a', BYTES, signal())).rejects.toMatchObject({ code: 'SPOOL_FAILED' });
    expect(stub.requests).toHaveLength(3);
  });

  test('writes over an object without asking', async () => {
    stub.answer({});
    await spool.replace('spool/a', BYTES, signal());
    expect(stub.requests[0]?.headers).not.toHaveProperty('if-none-match');
  });

  test('reads the very bytes', async () => {
    stub.answer({ body: BYTES });
    expect(await spool.read('spool/a', signal())).toEqual(BYTES);
  });

  test('reads nothing where nothing is', async () => {
    stub.answer(s3Error(404, 'NoSuchKey'));
    expect(await spool.read('spool/a', signal())).toBeUndefined();
  });

  test('removes an object', async () => {
    stub.answer({ status: 204 });
    await spool.remove('spool/a', signal());
    expect(stub.requests[0]).toMatchObject({ method: 'DELETE' });
  });

  test('tries again when S3 asks for less', async () => {
    stub.answer(s3Error(503, 'SlowDown'), { body: BYTES });
    expect(await spool.read('spool/a', signal())).toEqual(BYTES);
  });

  test.each([
    ['Writing an object', () => spool.create('spool/a', BYTES, signal())],
    ['Writing over an object', () => spool.replace('spool/a', BYTES, signal())],
    ['Reading an object', () => spool.read('spool/a', signal())],
    ['Removing an object', () => spool.remove('spool/a', signal())],
  ])('%s that may not be says so, and quotes nothing of the answer', async (what, act) => {
    stub.answer(s3Error(403, 'AccessDenied'));
    const message = await act().then(String, String);
    expect(message).toContain(`${what} failed: AccessDenied, status 403. Check`);
    expect(message).not.toContain('canary');
  });

  test('stops waiting when its caller does', async () => {
    stub.answer({ body: BYTES });
    await expect(spool.read('spool/a', AbortSignal.abort())).rejects.toThrow('no answer in time');
  });
});
