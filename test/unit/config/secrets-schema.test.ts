import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { secretsSchema } from '../../../config/secrets-schema.ts';

const LEAST = { address: 'https://vault.example.com:8200', role: 'edgehouse' };

function accepts(input: unknown): boolean {
  return secretsSchema.safeParse(input).success;
}

describe('where secrets are kept', () => {
  test('is Secrets Manager by one word', () => {
    expect(secretsSchema.parse('aws')).toBe('aws');
  });

  test('is Vault by its address and a role; the rest has defaults', () => {
    expect(secretsSchema.parse({ vault: LEAST })).toEqual({
      vault: { ...LEAST, mount: 'secret', authMount: 'jwt', audience: 'https://edgehouse.internal/vault' },
    });
  });

  test.each([
    'https://vault.example.com',
    'https://10.0.0.1:8200',
    'http://127.0.0.1:8200',
    'http://localhost:1',
    'http://[::1]:2',
  ])('can be asked at %s', (address) => expect(accepts({ vault: { ...LEAST, address } })).toBe(true));

  test.each([
    'http://vault.example.com',
    'http://127.0.0.1.example.com',
    'https://vault.example.com/',
    'https://vault.example.com/v1',
    'https://user:word@vault.example.com',
    'https://vault.example.com?a',
    'vault.example.com',
    'ftp://127.0.0.1',
    '',
  ])('cannot be asked at "%s"', (address) => expect(accepts({ vault: { ...LEAST, address } })).toBe(false));

  test.each(['mount', 'authMount', 'namespace'])('%s is a path without traps', (member) => {
    const given = (path: string) => accepts({ vault: { ...LEAST, [member]: path } });

    for (const path of ['kv', 'team/kv-2', 'a.b/c_d']) expect([path, given(path)]).toEqual([path, true]);
    for (const path of ['', '/kv', 'kv/', 'a//b', '..', 'a/../b', 'a.', 'a b', 'a?b', 'a%2fb']) {
      expect([path, given(path)]).toEqual([path, false]);
    }
  });

  test('any text that is taken as a path stays below /v1/ as it is', () => {
    const anyPath = fc.oneof(fc.string(), fc.stringMatching(/^[a-z./_-]{1,12}$/));
    fc.assert(
      fc.property(anyPath, (mount) => {
        if (!accepts({ vault: { ...LEAST, mount } })) return;
        expect(new URL(`/v1/${mount}/data/a`, LEAST.address).pathname).toBe(`/v1/${mount}/data/a`);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['another word', 'gcp'],
    ['an unknown member', { vault: { ...LEAST, token: 'x' } }],
    ['a member beside vault', { vault: LEAST, aws: {} }],
    ['no role', { vault: { address: LEAST.address } }],
    ['a role that is a path', { vault: { ...LEAST, role: 'a/b' } }],
    ['nothing', {}],
  ])('is not %s', (_what, input) => expect(accepts(input)).toBe(false));
});
