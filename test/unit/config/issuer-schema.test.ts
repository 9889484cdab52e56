import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../../config/config-error.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const URL = 'https://issuer.example.com';
const LEAST = { url: URL, audience: 'https://api.example' };
const BOUND = { clients: ['client-1'], scope: 'events/write' };

function parse(issuers: unknown, principals = {}) {
  return parseConfig({ streams: { web: {} }, issuers, principals });
}

function problemsOf(...given: Parameters<typeof parse>): string {
  try {
    parse(...given);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n');
    throw error;
  }
}

describe('an issuer of one’s own', () => {
  test('is as strict as RFC 9068 where nothing else is said', () => {
    expect(parse([LEAST]).issuers).toEqual([
      {
        kind: 'openid',
        ...LEAST,
        algorithms: ['RS256', 'ES256'],
        keySetUrl: `${URL}/.well-known/jwks.json`,
        claims: { clientId: 'client_id', scope: 'scope', tokenId: 'jti', exactly: {} },
        relaxations: [],
        maxLifetimeMinutes: 1_440,
      },
    ]);
  });

  test('has its preset resolved, so that the hash of the policy covers what it says', () => {
    const [named] = parse([{ ...LEAST, provider: 'auth0' }]).issuers;
    const claims = { clientId: 'azp' };
    const spelt = parse([{ ...LEAST, claims, relaxations: ['typ-jwt', 'no-jti'] }]);

    expect(spelt.issuers).toEqual([named]);
    expect(spelt.policyHash).toBe(parse([{ ...LEAST, provider: 'auth0' }]).policyHash);
    expect(spelt.policyHash).not.toBe(parse([LEAST]).policyHash);
  });

  test('has its keys where it says, whatever the product', () => {
    const keySetUrl = 'https://keys.example.com/jwks';

    expect(parse([{ ...LEAST, provider: 'okta', keySetUrl }]).issuers[0]).toMatchObject({ keySetUrl });
  });

  test('survives JSON, as which functions get it', () => {
    const { issuers } = parse([{ url: URL, provider: 'cognito', ...BOUND }, { ...LEAST, url: `${URL}/2` }, 'builtin']);

    expect(JSON.parse(JSON.stringify(issuers))).toStrictEqual(issuers);
  });

  test.each([
    'https://tenant.eu.auth0.com/',
    'https://login.example:8443/realms/a',
    'http://127.0.0.1:3000',
    'http://localhost:1/a',
    'http://[::1]:2',
  ])('may be at %s, which is kept as it is written', (url) => {
    expect(parse([{ ...LEAST, url }]).issuers[0]).toMatchObject({ url });
  });

  test.each([
    'http://issuer.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@evil.example',
    'https://user:word@issuer.example.com',
    'https://user@issuer.example.com',
    'https://issuer.example.com?a=b',
    'https://issuer.example.com#a',
    'https://issuer.example.com\\a',
    ' https://issuer.example.com',
    'issuer.example.com',
    'file:///etc/keys',
    'data:application/json,{}',
    '',
  ])('cannot be at "%s", nor its keys', (url) => {
    expect(problemsOf([{ ...LEAST, url }])).toMatch(/^issuers\[0\]\.url: /);
    expect(problemsOf([{ ...LEAST, keySetUrl: url }])).toMatch(/^issuers\[0\]\.keySetUrl: /);
  });

  test.each<[string, readonly unknown[], string]>([
    ['no issuer at all', [], 'issuers: a list of 0 → at least 1'],
    ['nine issuers', Array.from({ length: 9 }, (_, at) => ({ ...LEAST, url: `${URL}/${at}` })), 'at most 8'],
    ['an issuer twice', [LEAST, { ...LEAST, audience: 'other' }], 'issuers: a list of 2 → each issuer once'],
    ['the built-in one twice', ['builtin', { kind: 'builtin', audience: 'x' }], 'each issuer once'],
    ['no audience', [{ url: URL }], 'issuers[0].audience: nothing → what aud of its tokens must name; add it'],
    ['HMAC', [{ ...LEAST, algorithms: ['HS256'] }], 'issuers[0].algorithms[0]: "HS256" → "RS256" or'],
    ['alg none', [{ ...LEAST, algorithms: ['none'] }], 'issuers[0].algorithms[0]: "none"'],
    ['no algorithm', [{ ...LEAST, algorithms: [] }], 'issuers[0].algorithms: a list of 0'],
    ['an unknown product', [{ ...LEAST, provider: 'ping' }], 'issuers[0].provider: "ping" → "auth0" or'],
    ['an unknown relaxation', [{ ...LEAST, relaxations: ['no-exp'] }], 'issuers[0].relaxations[0]: "no-exp"'],
    ['a relaxation twice', [{ ...LEAST, relaxations: ['typ-jwt', 'typ-jwt'] }], 'each entry once'],
    ['a misspelt key', [{ ...LEAST, keyset: 'x' }], 'issuers[0].keyset: unknown key'],
    [
      'a preset with claims',
      [{ ...LEAST, provider: 'auth0', claims: {} }],
      'issuers[0].claims: an object → nothing beside',
    ],
    [
      'a preset with relaxations',
      [{ ...LEAST, provider: 'auth0', relaxations: [] }],
      'issuers[0].relaxations: a list of 0',
    ],
    ['no-aud alone', [{ url: URL, relaxations: ['no-aud'] }], 'issuers[0].clients: nothing'],
    ['no-aud without scope', [{ url: URL, relaxations: ['no-aud'], clients: ['a'] }], 'issuers[0].scope: nothing'],
    [
      'no-aud and an audience',
      [{ ...LEAST, ...BOUND, relaxations: ['no-aud'] }],
      'issuers[0].audience: "https://api.example" → nothing',
    ],
    ['Cognito without clients', [{ url: URL, provider: 'cognito', scope: 'a' }], 'issuers[0].clients: nothing'],
    ['Entra without a role', [{ ...LEAST, provider: 'entra' }], 'issuers[0].scope: nothing → an application role'],
    ['two scopes as one', [{ ...LEAST, scope: 'read write' }], 'issuers[0].scope: "read write" → one scope'],
    [
      'tokens of two days',
      [{ ...LEAST, maxLifetimeMinutes: 2_880 }],
      'issuers[0].maxLifetimeMinutes: 2880 → at most 1440',
    ],
  ])('is refused with %s, and it is said where and what to do', (_what, issuers, text) => {
    expect(problemsOf(issuers)).toContain(text);
  });

  test('may ask for a role with a blank in it, where its tokens list their roles', () => {
    const issuer = { ...LEAST, scope: 'Event Writer', relaxations: ['scope-array'] };

    expect(parse([issuer]).issuers[0]).toMatchObject({ scope: 'Event Writer' });
  });

  test('is parsed or refused with its path, whatever it holds', () => {
    const odd = fc.oneof(fc.string(), fc.constantFrom('auth0', 'cognito', URL, 'no-aud'), fc.integer(), fc.jsonValue());
    const names = [
      'url',
      'audience',
      'algorithms',
      'keySetUrl',
      'provider',
      'claims',
      'relaxations',
      'clients',
      'scope',
      'maxLifetimeMinutes',
      'kind',
    ];
    fc.assert(
      fc.property(fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: [] }), (issuer) => {
        expect(problemsOf([{ ...LEAST, ...issuer }])).toMatch(/^$|^issuers/);
      }),
    );
  });
});

describe('where several issuers are believed', () => {
  const allow = [{ write: ['web'], sources: ['a'] }];
  const two = ['builtin', LEAST];

  test('a principal says whose word makes somebody this principal', () => {
    const problems = problemsOf(two, { p: { claims: { sub: 'a' }, allow } });

    expect(problems).toBe(
      `principals.p.issuer: nothing → one of builtin, ${URL}, since each of them could sign these claims; add it`,
    );
  });

  test('the same claims of two issuers are two principals', () => {
    const claims = { sub: 'a' };

    const { principals } = parse(two, { p: { issuer: 'builtin', claims, allow }, q: { issuer: URL, claims, allow } });

    expect(Object.values(principals).map(({ issuer }) => issuer)).toEqual(['builtin', URL]);
  });

  test('the same claims of one issuer are not, however it is named', () => {
    const claims = { sub: 'a' };

    expect(problemsOf(two, { p: { issuer: URL, claims, allow }, q: { issuer: URL, claims, allow } })).toContain(
      'one token could be both',
    );
    expect(problemsOf(['builtin'], { p: { issuer: 'builtin', claims, allow }, q: { claims, allow } })).toContain(
      'one token could be both',
    );
  });

  test('an issuer that is not there is refused', () => {
    expect(problemsOf(two, { p: { issuer: 'builtn', claims: { sub: 'a' }, allow } })).toContain(
      `principals.p.issuer: "builtn" → one of builtin, ${URL}; rename it to builtin`,
    );
  });
});
