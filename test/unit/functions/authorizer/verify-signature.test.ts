import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JWK } from 'jose';
import { TokenRefusedError } from '../../../../functions/authorizer/token-refused-error.ts';
import { verifyCompactSignature } from '../../../../functions/authorizer/verify-signature.ts';
import { CLAIMS, HEADER, keySetOf, part, rsaKey, signRs256 } from './sign-token.ts';

const KEY = rsaKey('a');
const TOKEN = signRs256(HEADER, CLAIMS, KEY.privateKey);
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function signEs256(header: object): string {
  const input = `${part(header)}.${part(CLAIMS)}`;
  const key = { key: P256.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

/** What comes of a good RS256 token when the published key is this. */
async function verdictWith(...keys: readonly JWK[]): Promise<string> {
  return verdictOn(TOKEN, keys, ['RS256']);
}

async function verdictOn(token: string, keys: readonly JWK[], algorithms: readonly string[]): Promise<string> {
  try {
    await verifyCompactSignature(token, { keys: [...keys] }, algorithms);
    return 'taken';
  } catch (error) {
    if (error instanceof TokenRefusedError) return error.code;
    throw error;
  }
}

function ecJwk(): JWK {
  const { kty = '', ...members } = P256.publicKey.export({ format: 'jwk' });
  return { ...members, kty };
}

describe('signature of a token', () => {
  test('of RSA-2048 with exponent 65537 verifies to the payload', async () => {
    const payload = await verifyCompactSignature(TOKEN, keySetOf(KEY), ['RS256']);

    expect(JSON.parse(Buffer.from(payload).toString())).toEqual(CLAIMS);
  });

  test('over nothing verifies to nothing', async () => {
    const payload = await verifyCompactSignature(signRs256(HEADER, '', KEY.privateKey), keySetOf(KEY), ['RS256']);

    expect(payload).toHaveLength(0);
  });

  test('of ES256 verifies, with a key that says nothing of its use', async () => {
    expect(await verdictOn(signEs256({ alg: 'ES256' }), [ecJwk()], ['RS256', 'ES256'])).toBe('taken');
  });

  test('verifies with the one key of several that made it, where they share a kid or there is none', async () => {
    expect(await verdictWith(rsaKey('a').jwk, KEY.jwk)).toBe('taken');
    const { kid: _kid, ...unnamed } = HEADER;
    const token = signRs256(unnamed, CLAIMS, KEY.privateKey);
    expect(await verdictOn(token, [rsaKey('b').jwk, KEY.jwk], ['RS256'])).toBe('taken');
  });

  test.each([
    ['RSA-1024', 1024, 65_537],
    ['exponent 3', 2048, 3],
    ['exponent 65539, but RSA-1536', 1536, 65_539],
  ])('of a weak key, %s, is refused though it is right', async (_what, bits, exponent) => {
    const weak = rsaKey('a', bits, exponent);
    const token = signRs256(HEADER, CLAIMS, weak.privateKey);

    expect(await verdictOn(token, [weak.jwk], ['RS256'])).toBe('KEY_UNKNOWN');
  });

  const { kid: _kid, ...withoutKid } = KEY.jwk;
  test.each<[string, object]>([
    ['exponent 1: everything is its own signature', { e: 'AQ' }],
    ['exponent 0', { e: 'AA' }],
    ['an even exponent', { e: 'AQAC' }],
    ['an exponent of nine bytes', { e: Buffer.from('010000000000000001', 'hex').toString('base64url') }],
    [
      'zeros in front, to seem longer',
      { n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(100, 0xff)]).toString('base64url') },
    ],
    ['a modulus of 17,000 bits', { n: Buffer.alloc(2_125, 0xff).toString('base64url') }],
    ['no modulus', { n: '' }],
    ['a modulus that is a number', { n: 1 }],
    ['an exponent that is a list', { e: ['AQAB'] }],
    ['for encryption', { use: 'enc' }],
    ['of no use', { use: '' }],
    ['that may only sign', { key_ops: ['sign'] }],
    ['that may do nothing', { key_ops: [] }],
    ['whose key_ops is text', { key_ops: 'verify' }],
    ['of another algorithm', { alg: 'PS256' }],
    ['whose private part is published', { d: 'AQAB' }],
    ['half of whose private part is published', { q: 'AQAB' }],
    ['that is symmetric', { kty: 'oct', k: KEY.jwk.n }],
    ['of no type', { kty: undefined }],
  ])('is refused where the published key is one %s', async (_what, change) => {
    expect(await verdictWith({ ...KEY.jwk, ...change })).toBe('KEY_UNKNOWN');
  });

  test.each([
    ['has another kid', { ...KEY.jwk, kid: 'b' }],
    ['has none', withoutKid],
  ])('is tried with a key that %s: which kid is meant, verifyToken knows', async (_what, key) => {
    expect(await verdictWith(key)).toBe('taken');
  });

  test('verifies with a key that may verify, and does not ask for more', async () => {
    expect(await verdictWith({ ...KEY.jwk, key_ops: ['verify'] })).toBe('taken');
  });

  test('of one curve is not tried with a key of another', async () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
    const token = signEs256({ alg: 'ES256', kid: 'a' });

    expect(await verdictOn(token, [{ ...p384, kty: 'EC', kid: 'a' }], ['ES256'])).toBe('KEY_UNKNOWN');
    expect(await verdictOn(token, [{ ...ecJwk(), kid: 'a', crv: 'P-384' }], ['ES256'])).toBe('KEY_UNKNOWN');
    expect(await verdictOn(token, [{ ...ecJwk(), kid: 'a', x: 'AAAA' }], ['ES256'])).toBe('SIGNATURE_INVALID');
  });

  test('of zeros, which some verifiers of ECDSA once took, is refused', async () => {
    const input = signEs256({ alg: 'ES256' }).split('.').slice(0, 2).join('.');

    const verdict = await verdictOn(`${input}.${Buffer.alloc(64).toString('base64url')}`, [ecJwk()], ['ES256']);

    expect(verdict).toBe('SIGNATURE_INVALID');
  });

  test('of any text and any key is a verdict, never another failure', async () => {
    const key = fc.record(
      {
        kty: fc.constantFrom('RSA', 'EC', 'OKP'),
        n: fc.string(),
        e: fc.constant('AQAB'),
        crv: fc.constantFrom('P-256', 'Ed25519'),
        x: fc.string(),
        y: fc.string(),
        alg: fc.constantFrom('RS256', 'ES256'),
      },
      { requiredKeys: ['kty'] },
    );
    const algorithm = fc.constantFrom('RS256', 'ES256', 'EdDSA', 'none', 'HS256');
    await fc.assert(
      fc.asyncProperty(
        fc.array(key),
        algorithm,
        fc.string(),
        fc.uint8Array({ minLength: 1 }),
        async (keys, alg, payload, bytes) => {
          const token = `${part({ alg })}.${part(payload)}.${Buffer.from(bytes).toString('base64url')}`;
          const verdict = await verdictOn(token, keys, ['RS256', 'ES256', 'EdDSA', 'none', 'HS256']);
          expect(['KEY_UNKNOWN', 'SIGNATURE_INVALID']).toContain(verdict);
        },
      ),
    );
  });
});
