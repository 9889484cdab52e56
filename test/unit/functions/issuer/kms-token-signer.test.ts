import { constants, createHash, createPrivateKey, generateKeyPairSync, privateEncrypt, verify } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKmsTokenSigner } from '../../../../functions/issuer/kms-token-signer.ts';
import { publicJwk } from '../../../../functions/issuer/public-jwk.ts';
import { type AwsStub, json, jsonError, type StubAnswer, type StubRequest, startAwsStub } from '../shared/aws-stub.ts';

const PAIRS = { a: rsaPair(), b: rsaPair() };
/** DigestInfo of SHA-256 (RFC 8017, 9.2): KMS is handed the digest alone. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

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
    const signer = await createKmsTokenSigner(['a'], client);
    const bytes = Buffer.from('header.payload');
    const signature = await signer.sign(bytes);
    expect(verify('sha256', bytes, PAIRS.a.publicKey, signature)).toBe(true);
    expect(JSON.parse(String(stub.requests[1]?.body))).toEqual({
      KeyId: 'a',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      MessageType: 'DIGEST',
      Message: createHash('sha256').update(bytes).digest('base64'),
    });
  });

  test('publishes every key, the signing one first', async () => {
    stub.answer(kms, kms);
    const signer = await createKmsTokenSigner(['b', 'a'], client);
    const [b, a] = [PAIRS.b, PAIRS.a].map(({ publicKey }) => publicJwk(publicKey.export({ format: 'jwk' })));
    expect(await signer.publicKeys()).toEqual([b, a]);
    expect(signer.kid).toBe(b?.kid);
  });

  test.each([
    ['that is disabled', jsonError(400, 'DisabledException'), 'DisabledException, status 400'],
    ['that is not there', jsonError(400, 'NotFoundException'), 'NotFoundException, status 400'],
    ['without a public half', json({ KeyId: 'a' }), 'an answer without one'],
  ])('with a key %s says which key and why', async (_what, answer, reason) => {
    stub.answer(answer);
    const failure = await createKmsTokenSigner(['a'], client).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true });
    expect(String(failure)).toContain(`did not give the public half of key a: ${reason}. Check`);
    expect(String(failure)).not.toContain('canary');
  });

  test.each([
    ['refuses', jsonError(400, 'KMSInvalidStateException'), 'KMSInvalidStateException, status 400'],
    ['answers without a signature', json({ KeyId: 'a' }), 'an answer without one'],
  ])('that KMS %s is an error', async (_what, answer, reason) => {
    stub.answer(kms, answer);
    const signer = await createKmsTokenSigner(['a'], client);
    await expect(signer.sign(Buffer.from('x'))).rejects.toThrow(`did not make a signature of key a: ${reason}.`);
  });
});

function rsaPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** KMS, as far as it is asked here. */
function kms({ headers, body }: StubRequest): StubAnswer {
  const asked: { readonly KeyId: 'a' | 'b'; readonly Message?: string } = JSON.parse(String(body));
  const { publicKey, privateKey } = PAIRS[asked.KeyId];
  if (headers['x-amz-target'] === 'TrentService.GetPublicKey') {
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    return json({ KeyId: asked.KeyId, PublicKey: spki.toString('base64') });
  }
  const encoded = Buffer.concat([DIGEST_INFO, Buffer.from(asked.Message ?? '', 'base64')]);
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const signature = privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encoded);
  return json({ KeyId: asked.KeyId, Signature: signature.toString('base64') });
}
