import { describe, expect, test } from '@jest/globals';
import { verifyCompactSignature } from '../../../../functions/authorizer/verify-signature.ts';
import { CLAIMS, HEADER, keySetOf, rsaKey, signRs256 } from './sign-token.ts';

describe('signature of a token', () => {
  test('of RSA-2048 with exponent 65537 verifies to the payload', async () => {
    const key = rsaKey('a');
    const payload = await verifyCompactSignature(signRs256(HEADER, CLAIMS, key.privateKey), keySetOf(key), ['RS256']);
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(CLAIMS);
  });

  test.each([
    ['RSA-1024', 1024, 65_537, 'SIGNATURE_INVALID'],
    ['exponent 3', 2048, 3, 'KEY_UNKNOWN'],
  ])('of a weak key, %s, is refused though it is right', async (_what, bits, exponent, code) => {
    const key = rsaKey('a', bits, exponent);
    const token = signRs256(HEADER, CLAIMS, key.privateKey);
    await expect(verifyCompactSignature(token, keySetOf(key), ['RS256'])).rejects.toMatchObject({ code });
  });

  test('of a key that is for encryption is refused', async () => {
    const key = rsaKey('a');
    const keys = { keys: [{ ...key.jwk, use: 'enc' }] };
    const token = signRs256(HEADER, CLAIMS, key.privateKey);
    await expect(verifyCompactSignature(token, keys, ['RS256'])).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });
});
