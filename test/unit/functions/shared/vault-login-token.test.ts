import { beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { mintVaultLoginToken } from '../../../../functions/shared/vault-login-token.ts';
import {
  createLocalTokenSigner,
  generateSigningKey,
  type LocalTokenSigner,
} from '../../../../local/local-token-signer.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const ISSUER = 'https://issuer.example.com';
const AUDIENCE = 'https://edgehouse.internal/vault';

let signer: LocalTokenSigner;
let token: string;

beforeAll(async () => {
  signer = createLocalTokenSigner(await generateSigningKey());
  const identity = { issuer: ISSUER, subject: 'edgehouse:replay', signer: async () => signer, newId: () => 'id-1' };
  token = await mintVaultLoginToken(identity, AUDIENCE, () => NOW);
});

async function verifyAt(seconds: number) {
  const keys = createLocalJWKSet({ keys: [signer.publicKey] });
  const currentDate = new Date(NOW + seconds * 1000);
  return jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, currentDate });
}

describe('a token that logs in to Vault', () => {
  test('is verified with the issuer’s published keys, and names the function', async () => {
    const { payload } = await verifyAt(0);

    expect(payload).toMatchObject({ iss: ISSUER, aud: AUDIENCE, sub: 'edgehouse:replay', jti: 'id-1' });
  });

  test('holds for two minutes, and for a clock that is a minute slow', async () => {
    await expect(verifyAt(-60)).resolves.toBeDefined();
    await expect(verifyAt(119)).resolves.toBeDefined();
    await expect(verifyAt(-61)).rejects.toThrow('nbf');
    await expect(verifyAt(120)).rejects.toThrow('exp');
  });

  test('is no access token: ingest’s authorizer refuses its type', () => {
    expect(decodeProtectedHeader(token).typ).toBe('JWT');
  });
});
