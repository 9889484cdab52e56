import { constants, createHmac, sign } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenRefusedError } from '../../../../functions/authorizer/token-refused-error.ts';
import { verifyToken } from '../../../../functions/authorizer/verify-token.ts';
import { CLAIMS, HEADER, ISSUER, keySetOf, NOW, part, rsaKey, signRs256 } from './sign-token.ts';

const KEY = rsaKey('a');
const OTHER = rsaKey('a');
const STRANGER = rsaKey('stranger');
const GOOD = signRs256(HEADER, CLAIMS, KEY.privateKey);
const [GOOD_HEADER = '', GOOD_CLAIMS = '', GOOD_SIGNATURE = ''] = GOOD.split('.');

let fetched = 0;
beforeEach(() => {
  fetched = 0;
});

async function codeOf(token: string): Promise<string> {
  try {
    await verifyToken(token, {
      issuers: [ISSUER],
      keySetFor: async () => {
        fetched++;
        return keySetOf(KEY);
      },
      now: NOW,
    });
  } catch (error) {
    if (error instanceof TokenRefusedError) return error.code;
    throw error;
  }
  return 'taken';
}

function header(changes: object): string {
  return signRs256({ ...HEADER, ...changes }, CLAIMS, KEY.privateKey);
}

function claims(changes: object): string {
  return signRs256(HEADER, { ...CLAIMS, ...changes }, KEY.privateKey);
}

function hs256(): string {
  const input = `${part({ ...HEADER, alg: 'HS256' })}.${GOOD_CLAIMS}`;
  const pem = KEY.publicKey.export({ format: 'pem', type: 'spki' });
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
}

function ps256(alg: string): string {
  const input = `${part({ ...HEADER, alg })}.${GOOD_CLAIMS}`;
  const key = { key: KEY.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function unencoded(): string {
  const head = part({ ...HEADER, b64: false, crit: ['b64'] });
  return `${head}.${GOOD_CLAIMS}.${sign('sha256', Buffer.from(`${head}.${GOOD_CLAIMS}`), KEY.privateKey).toString('base64url')}`;
}

/** The last character's unused bits set: another text of the same bytes. */
function sloppyEnd(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${text.slice(0, -1)}${alphabet[alphabet.indexOf(text.slice(-1)) ^ 1]}`;
}

const DOUBLED = JSON.stringify(CLAIMS).replace('"sub":', '"sub":"ew:2","sub":');
const ESCAPED = JSON.stringify(CLAIMS).replace('"sub":', '"s\\u0075b":"ew:2","sub":');

describe('access token', () => {
  test.each([
    ['good', GOOD],
    ['with the long typ', header({ typ: 'application/at+jwt' })],
    ['with typ as the example of RFC 9068 writes it', header({ typ: 'at+JWT' })],
    ['with one audience of several', claims({ aud: ['https://other.example', ISSUER.audience] })],
    ['without nbf', claims({ nbf: undefined })],
    ['with broken times, as PHP and Python write them', claims({ iat: NOW + 0.25, nbf: NOW + 0.25, exp: NOW + 60.5 })],
    ['of 29 seconds ago', claims({ iat: NOW - 100, exp: NOW - 29 })],
    ['with colons in names and nested claims', claims({ 'a:b': { c: ['{":"}'] } })],
    ['with an embedded key that signed nothing', header({ jwk: STRANGER.jwk, jku: 'https://evil.example' })],
  ])('%s is taken', async (_what, token) => {
    expect(await codeOf(token)).toBe('taken');
  });

  test.each([
    ['alg none', `${part({ ...HEADER, alg: 'none' })}.${GOOD_CLAIMS}.AA`, 'SIGNATURE_INVALID'],
    ['alg None', `${part({ ...HEADER, alg: 'None' })}.${GOOD_CLAIMS}.AA`, 'SIGNATURE_INVALID'],
    ['alg nOnE with a good signature', header({ alg: 'nOnE' }), 'SIGNATURE_INVALID'],
    ['alg none and no signature', `${part({ ...HEADER, alg: 'none' })}.${GOOD_CLAIMS}.`, 'TOKEN_MALFORMED'],
    ['no alg', header({ alg: undefined }), 'SIGNATURE_INVALID'],
    ['a list as alg', header({ alg: ['RS256'] }), 'SIGNATURE_INVALID'],
    ['HS256 with the public key', hs256(), 'SIGNATURE_INVALID'],
    ['PS256', ps256('PS256'), 'SIGNATURE_INVALID'],
    ['PSS under the name RS256', ps256('RS256'), 'SIGNATURE_INVALID'],
    ['another key of the same kid', signRs256(HEADER, CLAIMS, OTHER.privateKey), 'SIGNATURE_INVALID'],
    ['an embedded key', signRs256({ ...HEADER, jwk: OTHER.jwk }, CLAIMS, OTHER.privateKey), 'SIGNATURE_INVALID'],
    [
      'a jku of its own',
      signRs256({ ...HEADER, kid: 'stranger', jku: 'https://evil.example' }, CLAIMS, STRANGER.privateKey),
      'KEY_UNKNOWN',
    ],
    ['an unknown kid', header({ kid: 'b' }), 'KEY_UNKNOWN'],
    ['no kid', header({ kid: undefined }), 'KEY_UNKNOWN'],
    ['a number as kid', header({ kid: 1 }), 'KEY_UNKNOWN'],
    ['typ JWT', header({ typ: 'JWT' }), 'TYPE_MISMATCH'],
    ['no typ', header({ typ: undefined }), 'TYPE_MISMATCH'],
    ['an unknown crit', header({ crit: ['x'], x: 1 }), 'SIGNATURE_INVALID'],
    ['an empty crit', header({ crit: [] }), 'TOKEN_MALFORMED'],
    ['an unencoded payload', unencoded(), 'TOKEN_MALFORMED'],
    ['another issuer', claims({ iss: 'https://issuer.example/' }), 'ISSUER_UNKNOWN'],
    ['no issuer', claims({ iss: undefined }), 'ISSUER_UNKNOWN'],
    ['another audience', claims({ aud: 'https://other.example' }), 'AUDIENCE_MISMATCH'],
    ['no audience', claims({ aud: undefined }), 'AUDIENCE_MISMATCH'],
    ['an audience as object', claims({ aud: { 0: ISSUER.audience } }), 'AUDIENCE_MISMATCH'],
    ['an audience list that is not all text', claims({ aud: [ISSUER.audience, 1] }), 'AUDIENCE_MISMATCH'],
    ['no exp', claims({ exp: undefined }), 'TOKEN_MALFORMED'],
    ['exp as text', claims({ exp: String(CLAIMS.exp) }), 'TOKEN_MALFORMED'],
    ['a broken exp of exactly 30 s ago', claims({ iat: NOW - 100, exp: NOW - 30 + 0.5 }), 'TOKEN_EXPIRED'],
    ['an exp beyond all numbers', claims({ exp: 1e300 }), 'TOKEN_MALFORMED'],
    ['half a second for iat', claims({ iat: 0.5 }), 'TOKEN_MALFORMED'],
    ['a far exp', claims({ exp: NOW + 86_401 }), 'TOKEN_MALFORMED'],
    ['exp exactly 30 s ago', claims({ iat: NOW - 100, exp: NOW - 30 }), 'TOKEN_EXPIRED'],
    ['iat ahead', claims({ iat: NOW + 31 }), 'TOKEN_NOT_YET_VALID'],
    ['nbf ahead', claims({ nbf: NOW + 31 }), 'TOKEN_NOT_YET_VALID'],
    ['no iat', claims({ iat: undefined }), 'TOKEN_MALFORMED'],
    ['no sub', claims({ sub: undefined }), 'TOKEN_MALFORMED'],
    ['an empty jti', claims({ jti: '' }), 'TOKEN_MALFORMED'],
    ['half a character in sub', claims({ sub: 'ew:\ud800' }), 'TOKEN_MALFORMED'],
    ['a member twice', signRs256(HEADER, DOUBLED, KEY.privateKey), 'TOKEN_MALFORMED'],
    ['a member twice, once escaped', signRs256(HEADER, ESCAPED, KEY.privateKey), 'TOKEN_MALFORMED'],
    ['a list as payload', signRs256(HEADER, [CLAIMS], KEY.privateKey), 'TOKEN_MALFORMED'],
    ['null as payload', signRs256(HEADER, 'null', KEY.privateKey), 'TOKEN_MALFORMED'],
    ['no JSON as payload', signRs256(HEADER, '{', KEY.privateKey), 'TOKEN_MALFORMED'],
    ['padding', `${GOOD}==`, 'TOKEN_MALFORMED'],
    [
      'a space in the signature',
      `${GOOD_HEADER}.${GOOD_CLAIMS}.${GOOD_SIGNATURE.slice(0, 9)} ${GOOD_SIGNATURE.slice(9)}`,
      'TOKEN_MALFORMED',
    ],
    ['a line end', `${GOOD}\n`, 'TOKEN_MALFORMED'],
    ['a second spelling of the signature', sloppyEnd(GOOD), 'TOKEN_MALFORMED'],
    ['two parts', `${GOOD_HEADER}.${GOOD_CLAIMS}`, 'TOKEN_MALFORMED'],
    ['four parts', `${GOOD}.AA`, 'TOKEN_MALFORMED'],
    ['nothing', '', 'TOKEN_MALFORMED'],
    ['more than 8 KB', claims({ more: 'x'.repeat(8_192) }), 'TOKEN_MALFORMED'],
    ['changed claims', `${GOOD_HEADER}.${part({ ...CLAIMS, sub: 'ew:2' })}.${GOOD_SIGNATURE}`, 'SIGNATURE_INVALID'],
    [
      'nesting that is all it holds',
      `${GOOD_HEADER}.${part(`{"a":${'['.repeat(2_900)}${']'.repeat(2_900)}}`)}.AA`,
      'ISSUER_UNKNOWN',
    ],
  ])('%s: refused', async (_what, token, code) => {
    expect(await codeOf(token)).toBe(code);
  });

  test('of an unknown issuer or algorithm fetches no key', async () => {
    await codeOf(claims({ iss: 'https://evil.example' }));
    await codeOf(hs256());
    expect(fetched).toBe(0);
  });

  test('with any byte changed is refused, and text of any kind is refused and never crashes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(GOOD.length - 1), fc.string({ unit: 'binary' }), async (at, text) => {
        const changed = `${GOOD.slice(0, at)}${GOOD[at] === 'A' ? 'B' : 'A'}${GOOD.slice(at + 1)}`;
        expect(await codeOf(changed)).not.toBe('taken');
        expect(await codeOf(`${part(text)}.${part(text)}.AA`)).toBe('TOKEN_MALFORMED');
        expect(await codeOf(text)).toBe('TOKEN_MALFORMED');
      }),
    );
  });
});
