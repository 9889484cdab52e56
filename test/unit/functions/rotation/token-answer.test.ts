import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTokenAnswer, type TokenAnswer } from '../../../../functions/rotation/read-token-answer.ts';
import { TokenRequestError } from '../../../../functions/rotation/token-request-error.ts';

const NOW = 1_800_000_000;
const CLAIMS = { sub: 'canary', iat: NOW, exp: NOW + 3_600 };

function jws(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.Y2FuYXJ5`;
}

function answer(members: object, changes: Partial<TokenAnswer> = {}): TokenAnswer {
  return {
    status: 200,
    contentType: 'application/json;charset=UTF-8',
    body: JSON.stringify({ access_token: jws(CLAIMS), token_type: 'Bearer', expires_in: 3_600, ...members }),
    ...changes,
  };
}

function read(given: TokenAnswer): unknown {
  try {
    return readTokenAnswer(given, NOW);
  } catch (error) {
    return error;
  }
}

function readClaims(changes: object): unknown {
  return read(answer({ access_token: jws({ ...CLAIMS, ...changes }) }));
}

describe('the answer of a token endpoint', () => {
  test('gives the token and its times', () => {
    expect(read(answer({}))).toEqual({
      token: jws(CLAIMS),
      issuedAt: NOW,
      notBefore: NOW - 60,
      exp: NOW + 3_600,
    });
  });

  test.each(['bearer', 'BEARER', 'Bearer'])('may call the type %s', (type) => {
    expect(read(answer({ token_type: type }))).toMatchObject({ exp: NOW + 3_600 });
  });

  test.each(['application/json', 'Application/JSON', 'application/json ; charset=utf-8'])(
    'may have the content type %s',
    (contentType) => expect(read(answer({}, { contentType }))).toMatchObject({ exp: NOW + 3_600 }),
  );

  test.each([
    ['another content type', answer({}, { contentType: 'text/html' }), 'not application/json'],
    ['none', answer({}, { contentType: null }), 'not application/json'],
    ['JSON of another kind', answer({}, { contentType: 'application/json-seq' }), 'not application/json'],
    ['too much', answer({}, { body: undefined }), 'too large, or not UTF-8'],
    ['no JSON', answer({}, { body: '{"canary"' }), 'not a JSON object'],
    ['a list', answer({}, { body: '["canary"]' }), 'not a JSON object'],
    ['another type of token', answer({ token_type: 'DPoP' }), 'not of type Bearer'],
    ['no type', answer({ token_type: undefined }), 'not of type Bearer'],
    ['a type that is no text', answer({ token_type: ['Bearer'] }), 'not of type Bearer'],
    ['no token', answer({ access_token: undefined }), 'without `access_token`'],
    ['an empty token', answer({ access_token: '' }), 'without `access_token`'],
    ['a token that is no text', answer({ access_token: { canary: 1 } }), 'without `access_token`'],
  ])('that has %s gives none', (_what, given, seen) => {
    const refusal = read(given);

    expect(refusal).toMatchObject({ code: 'TOKEN_ANSWER_MALFORMED', retryable: false });
    expect(String(refusal)).toContain(seen);
    expect(String(refusal)).not.toContain('canary');
  });

  test.each([
    ['a random text', 'canary'],
    ['an encrypted JWT', 'canary.canary.canary.canary.canary'],
    ['two parts', 'canary.canary'],
    ['an empty payload', 'canary..canary'],
    ['no signature', `${jws(CLAIMS).replace(/[^.]*$/, '')}`],
    ['a payload that is no JSON', 'canary.canary.canary'],
    ['a payload that is a list', jws(['canary'])],
    ['other characters', `${jws(CLAIMS)}=`],
    ['more than 8 KB', jws({ ...CLAIMS, canary: 'x'.repeat(8_192) })],
  ])('with a token that is %s gives none: nobody could verify it', (_what, token) => {
    const refusal = read(answer({ access_token: token }));

    expect(refusal).toMatchObject({ code: 'TOKEN_OPAQUE', retryable: false });
    expect(String(refusal)).not.toContain('canary');
  });

  test.each([
    ['without `exp`', { exp: undefined }],
    ['whose `exp` is no time', { exp: '1800003600' }],
    ['whose `exp` is no number that lasts', { exp: 1e300 }],
    ['whose `iat` is no time', { iat: null }],
    ['whose `nbf` is no time', { nbf: -1 }],
    ['that expired 10 s ago', { exp: NOW - 10 }],
    ['that expires now', { exp: NOW }],
    ['that becomes valid in 31 s only', { nbf: NOW + 31 }],
    ['that becomes valid in 31 s only', { iat: NOW + 31 }],
  ])('with a token %s gives none', (_what, changes) => {
    expect(readClaims(changes)).toMatchObject({ code: 'TOKEN_TIMES_UNUSABLE', retryable: false });
  });

  test.each([
    ['a clock that is a little ahead', { iat: NOW + 30 }, { issuedAt: NOW + 30, notBefore: NOW - 30 }],
    ['`nbf` before `iat`', { nbf: NOW - 300 }, { issuedAt: NOW, notBefore: NOW - 60 }],
    ['neither', { iat: undefined }, { issuedAt: NOW, notBefore: NOW - 60 }],
    ['`nbf` alone', { iat: undefined, nbf: NOW - 10 }, { issuedAt: NOW, notBefore: NOW - 70 }],
    // Entra dates its tokens back five minutes.
    ['dates from five minutes ago', { iat: NOW - 300, nbf: NOW - 300 }, { issuedAt: NOW - 60, notBefore: NOW - 120 }],
    ['fractions', { iat: NOW + 0.5, exp: NOW + 3_600.9 }, { issuedAt: NOW, exp: NOW + 3_600 }],
  ])('reads %s', (_what, changes, expected) => expect(readClaims(changes)).toMatchObject(expected));

  test('that comes from a cache counts from now: it is its rest that has to last', () => {
    expect(readClaims({ iat: NOW - 3_000, exp: NOW + 600 })).toMatchObject({ issuedAt: NOW - 60, exp: NOW + 600 });
  });

  test.each([
    [400, 'invalid_scope', 'edge.tokens.scope'],
    [400, 'invalid_target', 'edge.tokens.resource'],
    [401, 'invalid_client', "the client's id and its secret"],
    [403, 'access_denied', 'edge.tokens.audience'],
    [400, 'unauthorized_client', 'grant client_credentials'],
  ])('of status %i takes over the word %s and no description', (status, error, next) => {
    const refusal = read(answer({ error, error_description: 'canary', error_uri: 'https://canary' }, { status }));

    expect(refusal).toMatchObject({ code: 'TOKEN_REQUEST_REFUSED', retryable: false, status, refusal: error });
    expect(String(refusal)).toMatch(new RegExp(`status ${status}, ${error}\\. .*${next}`));
    expect(String(refusal)).not.toContain('canary');
  });

  test.each([
    ['a word that nobody knows', { error: 'canary' }],
    ['a word that is no text', { error: { invalid_client: 'canary' } }],
    ['no word', {}],
  ])('of status 400 with %s is told by its status alone', (_what, members) => {
    const refusal = read(answer(members, { status: 400 }));

    expect(refusal).toMatchObject({ status: 400, refusal: undefined });
    expect(String(refusal)).toContain('status 400. ');
    expect(String(refusal)).not.toContain('canary');
  });

  test.each([
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [404, false],
    [302, false],
    [201, false],
  ])('of status %i can be another one later: %s', (status, retryable) => {
    expect(read(answer({}, { status, body: '<html>canary' }))).toMatchObject({ status, retryable });
  });

  test('of any form is read or refused, and nothing of it is told', () => {
    const member = fc.constantFrom('access_token', 'token_type', 'error', 'error_description', 'other');
    const value = fc.oneof(fc.constant('canary'), fc.constant(jws(CLAIMS)), fc.jsonValue());
    const body = fc.oneof(
      fc.dictionary(member, value).map((members) => answer(members).body),
      fc.string(),
    );
    fc.assert(
      fc.property(body, fc.constantFrom(200, 200, 400, 401, 500), (text, status) => {
        const outcome = read(answer({}, { body: text, status }));
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBeInstanceOf(TokenRequestError);
        expect(outcome.message).not.toContain('canary');
      }),
    );
  });

  test('with any claims gives a token that lives on, or none', () => {
    const time = fc.oneof(fc.integer({ min: NOW - 10_000, max: NOW + 10_000 }), fc.jsonValue());
    fc.assert(
      fc.property(fc.record({ exp: time, iat: time, nbf: time }, { requiredKeys: [] }), (times) => {
        const outcome = readClaims({ exp: undefined, iat: undefined, ...times });
        if (outcome instanceof Error) return;
        const { issuedAt, notBefore, exp } = readTokenAnswer(
          answer({ access_token: jws({ ...CLAIMS, exp: undefined, iat: undefined, ...times }) }),
          NOW,
        );
        expect(exp).toBeGreaterThan(NOW);
        expect(issuedAt).toBeGreaterThanOrEqual(NOW - 60);
        expect(issuedAt).toBeLessThanOrEqual(NOW + 30);
        expect(notBefore).toBeLessThanOrEqual(NOW - 30);
      }),
    );
  });
});
