import { constants, createHmac, createPublicKey, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { JSONWebKeySet } from 'jose';
import { TokenRefusedError } from '../../functions/authorizer/token-refused-error.ts';
import { verifyToken } from '../../functions/authorizer/verify-token.ts';
import { CLAIMS, HEADER, ISSUER, NOW, part, rsaKey, signRs256 } from '../unit/functions/authorizer/sign-token.ts';

const KEY = rsaKey('a');
const EVIL = rsaKey('a');
const STRANGER = rsaKey('stranger');
/** Without `alg`, as Entra publishes its keys: nothing in the set ties the key to an algorithm. */
const KEYS: JSONWebKeySet = { keys: [KEY.jwk].map(({ alg: _alg, ...jwk }) => jwk) };
const GOOD = signRs256(HEADER, CLAIMS, KEY.privateKey);
const [, , GOOD_SIGNATURE = ''] = GOOD.split('.');
const MODULUS = Buffer.from(KEY.jwk.n ?? '', 'base64url');

const header = (change: object) => signRs256({ ...HEADER, ...change }, CLAIMS, KEY.privateKey);
const claims = (change: object) => signRs256(HEADER, { ...CLAIMS, ...change }, KEY.privateKey);
const inSignature = (text: string) => `${GOOD.slice(0, -9)}${text}${GOOD.slice(-9)}`;

function unsigned(alg: string, signature = ''): string {
  return `${part({ ...HEADER, alg })}.${part(CLAIMS)}.${signature}`;
}

function hmac(secret: string | Buffer): string {
  const input = `${part({ ...HEADER, alg: 'HS256' })}.${part(CLAIMS)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function pss(): string {
  const input = `${part({ ...HEADER, alg: 'PS256' })}.${part(CLAIMS)}`;
  const key = { key: KEY.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function forged(change: object): string {
  return signRs256({ ...HEADER, ...change }, CLAIMS, EVIL.privateKey);
}

/** The 38 tokens of the research note (shared/research/security.md §2): what the libraries take is no measure here. */
const TOKENS: readonly (readonly [what: string, token: string, code: string])[] = [
  ['the good one', GOOD, 'taken'],
  ['alg none without a signature', unsigned('none'), 'TOKEN_MALFORMED'],
  ['alg none with a good signature', header({ alg: 'none' }), 'SIGNATURE_INVALID'],
  ['alg None', unsigned('None', GOOD_SIGNATURE), 'SIGNATURE_INVALID'],
  ['alg nOnE', unsigned('nOnE', GOOD_SIGNATURE), 'SIGNATURE_INVALID'],
  ['no alg', header({ alg: undefined }), 'SIGNATURE_INVALID'],
  [
    'HS256 with the public key as PEM',
    hmac(KEY.publicKey.export({ format: 'pem', type: 'spki' })),
    'SIGNATURE_INVALID',
  ],
  ['HS256 with the modulus', hmac(MODULUS), 'SIGNATURE_INVALID'],
  ['PS256 with the key of RS256', pss(), 'SIGNATURE_INVALID'],
  ['ES256 over a signature of RSA', header({ alg: 'ES256' }), 'SIGNATURE_INVALID'],
  ['another key of the same kid', forged({}), 'SIGNATURE_INVALID'],
  ['an embedded jwk', forged({ jwk: EVIL.jwk }), 'SIGNATURE_INVALID'],
  ['an embedded jwk without kid', forged({ jwk: EVIL.jwk, kid: undefined }), 'KEY_UNKNOWN'],
  ['a jku', forged({ jku: 'https://evil.example/jwks.json' }), 'SIGNATURE_INVALID'],
  [
    'an x5c',
    forged({ x5c: [createPublicKey(EVIL.privateKey).export({ format: 'der', type: 'spki' }).toString('base64')] }),
    'SIGNATURE_INVALID',
  ],
  ['an x5u', forged({ x5u: 'https://evil.example/chain.pem' }), 'SIGNATURE_INVALID'],
  ['an unknown kid', signRs256({ ...HEADER, kid: 'stranger' }, CLAIMS, STRANGER.privateKey), 'KEY_UNKNOWN'],
  ['a path as kid', header({ kid: '../../../../dev/null' }), 'KEY_UNKNOWN'],
  ['no kid', header({ kid: undefined }), 'KEY_UNKNOWN'],
  ['an unknown crit', header({ crit: ['exp'], exp: 1 }), 'SIGNATURE_INVALID'],
  ['b64 false', header({ b64: false, crit: ['b64'] }), 'TOKEN_MALFORMED'],
  ['typ JWT', header({ typ: 'JWT' }), 'TYPE_MISMATCH'],
  ['no typ', header({ typ: undefined }), 'TYPE_MISMATCH'],
  ['no exp', claims({ exp: undefined }), 'TOKEN_MALFORMED'],
  ['exp as text', claims({ exp: String(CLAIMS.exp) }), 'TOKEN_MALFORMED'],
  ['a huge exp', claims({ exp: 1e300 }), 'TOKEN_MALFORMED'],
  ['an exp in 2100', claims({ exp: 4_102_444_800 }), 'TOKEN_MALFORMED'],
  ['iat ahead', claims({ iat: NOW + 600 }), 'TOKEN_NOT_YET_VALID'],
  ['another iss', claims({ iss: 'https://evil.example' }), 'ISSUER_UNKNOWN'],
  ['no iss', claims({ iss: undefined }), 'ISSUER_UNKNOWN'],
  ['another aud', claims({ aud: 'https://other.example' }), 'AUDIENCE_MISMATCH'],
  ['no aud', claims({ aud: undefined }), 'AUDIENCE_MISMATCH'],
  [
    'sub twice',
    signRs256(HEADER, JSON.stringify(CLAIMS).replace('{', '{"sub":"ew:2",'), KEY.privateKey),
    'TOKEN_MALFORMED',
  ],
  [
    'a member __proto__',
    signRs256(HEADER, JSON.stringify(CLAIMS).replace('{', '{"__proto__":{"sub":"ew:2"},'), KEY.privateKey),
    'TOKEN_MALFORMED',
  ],
  ['a blank in the signature', inSignature(' '), 'TOKEN_MALFORMED'],
  ['padding in the signature', inSignature('='), 'TOKEN_MALFORMED'],
  ['five parts, as a JWE has', `${GOOD}.${part('a')}.${part('b')}`, 'TOKEN_MALFORMED'],
  ['a list as payload', signRs256(HEADER, [CLAIMS], KEY.privateKey), 'TOKEN_MALFORMED'],
];

async function verdictOn(token: string): Promise<string> {
  try {
    await verifyToken(token, {
      // As a configuration of the issuer's own list would have it, and more: what is not asymmetric must stay out all the same.
      issuers: [{ ...ISSUER, algorithms: ['RS256', 'none', 'HS256'] }],
      keySetFor: async () => KEYS,
      now: NOW,
    });
    return 'taken';
  } catch (error) {
    if (error instanceof TokenRefusedError) return error.code;
    throw error;
  }
}

describe('of the 38 tokens', () => {
  test('exactly one is taken', async () => {
    const verdicts = await Promise.all(TOKENS.map(([, token]) => verdictOn(token)));

    expect(verdicts).toHaveLength(38);
    expect(verdicts.filter((verdict) => verdict === 'taken')).toHaveLength(1);
    expect(new Set(TOKENS.map(([, token]) => token)).size).toBe(38);
  });

  test.each(TOKENS)('%s', async (_what, token, code) => {
    expect(await verdictOn(token)).toBe(code);
  });
});
