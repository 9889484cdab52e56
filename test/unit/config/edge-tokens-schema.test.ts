import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { edgeTokensSchema } from '../../../config/edge-tokens-schema.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const LEAST = {
  tokenEndpoint: 'https://login.example.com/oauth/token',
  authentication: 'client_secret_basic',
} as const;
const OPENID = { url: 'https://login.example.com/', audience: 'https://api.example' };

function accepts(input: unknown): boolean {
  return edgeTokensSchema.safeParse(input).success;
}

function problemsOf(config: object): string {
  try {
    parseConfig({ streams: { hits: {} }, ...config });
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('who gives EdgeWorkers their tokens', () => {
  test('is the built-in issuer by one word, and without one', () => {
    expect(edgeTokensSchema.parse('builtin')).toBe('builtin');
    expect(parseConfig({ streams: { hits: {} } }).edge.tokens).toBe('builtin');
  });

  test('is an external issuer by its token endpoint and how clients prove themselves', () => {
    const named = {
      ...LEAST,
      authentication: 'private_key_jwt',
      scope: 'write read:all',
      audience: 'https://api.example/',
      resource: 'urn:edgehouse:ingest',
      assertionAudience: 'https://login.example.com/',
    };

    expect(edgeTokensSchema.parse(LEAST)).toEqual(LEAST);
    expect(edgeTokensSchema.parse(named)).toEqual(named);
  });

  test.each([
    'https://login.example.com/token?tenant=a',
    'https://10.0.0.1:8443/token',
    'http://127.0.0.1:8080/token',
    'http://localhost:1/token',
    'http://[::1]:2/token',
  ])('can be asked at %s', (tokenEndpoint) => expect(accepts({ ...LEAST, tokenEndpoint })).toBe(true));

  test.each([
    'http://login.example.com/token',
    'http://127.0.0.1.example.com/token',
    'https://user:word@login.example.com/token',
    'https://user@login.example.com/token',
    'https://login.example.com/token#part',
    'https://login.example.com/token#',
    'https://login.example.com/a/../token',
    'https://LOGIN.example.com/token',
    ' https://login.example.com/token',
    'login.example.com/token',
    'ftp://127.0.0.1/token',
    '',
  ])('cannot be asked at "%s"', (tokenEndpoint) => expect(accepts({ ...LEAST, tokenEndpoint })).toBe(false));

  test.each([
    ['another way to prove', { authentication: 'client_secret_jwt' }],
    ['no way to prove', { authentication: undefined }],
    ['a secret pasted in', { clientSecret: 'canary' }],
    ['scopes with two blanks', { scope: 'a  b' }],
    ['an empty scope', { scope: '' }],
    ['a scope with a quote', { scope: 'a"b' }],
    ['a resource that is no URI', { resource: 'api' }],
    ['a resource with a fragment', { resource: 'https://api.example/#a' }],
    ['an audience over two lines', { audience: 'a\nb' }],
    ['an audience of assertions without assertions', { assertionAudience: 'https://login.example.com/' }],
  ])('is not %s', (_what, changes) => expect(accepts({ ...LEAST, ...changes })).toBe(false));

  test('any endpoint that is taken is called as it is written, and over TLS or on this machine', () => {
    const anyUrl = fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'ftp://', ''),
        fc.constantFrom('login.example.com', '127.0.0.1', 'a@b.example.com', 'localhost:1', '10.0.0.1:8443'),
        fc.oneof(
          fc.constant(''),
          fc.string().map((path) => `/${path}`),
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(anyUrl, (tokenEndpoint) => {
        if (!accepts({ ...LEAST, tokenEndpoint })) return;
        const { href, protocol, hostname, hash, username } = new URL(tokenEndpoint);
        expect([href, hash, username]).toEqual([tokenEndpoint, '', '']);
        expect(protocol === 'https:' || ['127.0.0.1', 'localhost'].includes(hostname)).toBe(true);
      }),
    );
  });

  test('is never shown with the password that somebody wrote into the address', () => {
    const tokens = { ...LEAST, tokenEndpoint: 'https://user:canary@login.example.com/token' };

    expect(problemsOf({ edge: { tokens } })).toContain(
      'edge.tokens.tokenEndpoint: text of 43 characters → a URL such as',
    );
  });

  test('must be one whose tokens are believed', () => {
    const edge = { edgeWorkerIds: [1] };

    expect(problemsOf({ issuers: ['builtin'], edge: { ...edge, tokens: LEAST } })).toContain(
      'issuers: the built-in issuer alone → the issuer of edge.tokens too; add it',
    );
    expect(problemsOf({ issuers: [OPENID], edge })).toContain(
      'edge.tokens: "builtin" → the token endpoint of an issuer that issuers names; change one of them',
    );
    expect(problemsOf({ issuers: [OPENID], edge: { ...edge, tokens: LEAST } })).toBe('');
    expect(problemsOf({ issuers: [OPENID] })).toBe('');
  });
});
