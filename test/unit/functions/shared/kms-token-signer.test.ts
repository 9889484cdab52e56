import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKmsTokenSigner, readKmsPublicKey } from '../../../../functions/shared/kms-token-signer.ts';
import { publicJwk } from '../../../../functions/shared/public-jwk.ts';
import { type AwsStub, json, jsonError, startAwsStub } from './aws-stub.ts';
import { answerAsKms } from './kms-stub.ts';

const KEYS = { a: rsaKey(), b: rsaKey() };
const kms = answerAsKms(KEYS);

let stub: AwsStub;
let client: KMSClient;

beforeEach(async () => {
  stub = await startAwsStub();
  client = new KMSClient(stub.options);
});
afterEach(() => stub.close());

describe('signing with KMS', () => {
  test('makes the signature that verifiers check with the published key', async () => {
    stub.answer(kms, kms);
    const signer = await createKmsTokenSigner('a', client);
    const bytes = Buffer.from('header.payload');
    const signature = await signer.sign(bytes);
    expect(verify('sha256', bytes, createPublicKey(KEYS.a), signature)).toBe(true);
    expect(JSON.parse(String(stub.requests[1]?.body))).toEqual({
      KeyId: 'a',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      MessageType: 'DIGEST',
      Message: createHash('sha256').update(bytes).digest('base64'),
    });
  });

  test('names the key as verifiers find it, by the public half that KMS gives', async () => {
    stub.answer(kms, kms);
    expect((await createKmsTokenSigner('b', client)).kid).toBe(publicHalf(KEYS.b).kid);
    expect(await readKmsPublicKey('b', client)).toEqual(publicHalf(KEYS.b));
  });

  test.each([
    ['that is disabled', jsonError(400, 'DisabledException'), 'DisabledException, status 400'],
    ['that is not there', jsonError(400, 'NotFoundException'), 'NotFoundException, status 400'],
    ['without a public half', json({ KeyId: 'a' }), 'an answer without one'],
  ])('with a key %s says which key and why', async (_what, answer, reason) => {
    stub.answer(answer);
    const failure = await createKmsTokenSigner('a', client).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true });
    expect(String(failure)).toContain(`did not give the public half of key a: ${reason}. Check`);
    expect(String(failure)).not.toContain('canary');
  });

  test.each([
    ['refuses', jsonError(400, 'KMSInvalidStateException'), 'KMSInvalidStateException, status 400'],
    ['answers without a signature', json({ KeyId: 'a' }), 'an answer without one'],
  ])('that KMS %s is an error', async (_what, answer, reason) => {
    stub.answer(kms, answer);
    const signer = await createKmsTokenSigner('a', client);
    await expect(signer.sign(Buffer.from('x'))).rejects.toThrow(`did not make a signature of key a: ${reason}.`);
  });
});

function rsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function publicHalf(pem: string) {
  return publicJwk(createPublicKey(pem).export({ format: 'jwk' }));
}
