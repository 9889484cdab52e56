import { describe, expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import { signClientAssertion } from '../../../../functions/rotation/sign-client-assertion.ts';
import { clientKey, clientKeyPair } from './client-keys.ts';

const NOW = 1_800_000_000;
const ASSERTION = { clientId: 'edge', audience: 'https://login.example.com/oauth/token', now: NOW, id: 'one' };

describe('a client’s assertion', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)(
    'signed %s is believed by who has the public key',
    async (alg) => {
      const assertion = signClientAssertion(ASSERTION, clientKey(alg, 'k1'));

      const { payload, protectedHeader } = await jwtVerify(assertion, clientKeyPair(alg).publicKey, {
        algorithms: [alg],
        audience: ASSERTION.audience,
        currentDate: new Date(NOW * 1000),
      });
      expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: 'k1' });
      expect(payload).toEqual({
        iss: 'edge',
        sub: 'edge',
        aud: ASSERTION.audience,
        jti: 'one',
        iat: NOW,
        exp: NOW + 60,
      });
    },
  );

  test('names no key where the client has one only', async () => {
    const [header = ''] = signClientAssertion(ASSERTION, clientKey('ES256')).split('.');

    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'ES256', typ: 'JWT' });
  });
});
