import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  CredentialsError,
  createCredentialsReader,
  parseCredentials,
  parsePrincipalKey,
} from '../../../local/credentials.ts';

const NOW = 1_763_884_800;
const KEY = Buffer.alloc(32, 7);

describe('a credentials item', () => {
  test('gives token and key, and its unknown members are ignored', () => {
    const credentials = parseCredentials(item({ later: {} }), NOW);

    expect(credentials).toEqual({ token: 'a.b.c', key: KEY, keyId: '3.abc', exp: NOW + 3600 });
  });

  test.each([
    [{ v: 2 }, 'v not as expected'],
    [{ token: 'secret' }, 'token not as expected'],
    [{ token: 'a.b\n.c' }, 'token not as expected'],
    [{ key: 'c2hvcnQ' }, 'key not as expected'],
    [{ exp: '1' }, 'exp not as expected'],
    [{ exp: NOW }, 'expired 0 s ago'],
    [{ notBefore: NOW + 31 }, 'valid only in 31 s'],
  ])('with %j is refused', (change, message) => {
    expect(() => parseCredentials(item(change), NOW)).toThrow(CredentialsError);
    expect(() => parseCredentials(item(change), NOW)).toThrow(message);
  });

  test('may begin within the clock tolerance', () => {
    expect(parseCredentials(item({ notBefore: NOW + 30 }), NOW).keyId).toBe('3.abc');
  });

  test('is taken or refused, whatever it is, and a refusal quotes nothing of it', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ v: fc.constant(1), token: fc.constant('s3cr3t') }).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (value) => {
        try {
          parseCredentials(value, NOW);
        } catch (error) {
          expect(error).toBeInstanceOf(CredentialsError);
          expect(String(error)).not.toContain('s3cr3t');
        }
      }),
    );
  });
});

describe('the credentials of a long run', () => {
  test('are read once for many batches, and again when less than 60 s are left', async () => {
    let now = NOW * 1000;
    let reads = 0;
    const reader = createCredentialsReader(
      async () => {
        reads++;
        return item({ exp: NOW + 3600 * reads });
      },
      () => now,
    );

    await Promise.all([reader.current(), reader.current()]);
    now += 3540_000;
    await reader.current();
    expect(reads).toBe(1);
    now += 1;
    const renewed = await reader.current();

    expect(reads).toBe(2);
    expect(renewed.exp).toBe(NOW + 7200);
  });

  test('are read once for all batches that met the same expired token', async () => {
    let reads = 0;
    const reader = createCredentialsReader(
      async () => item({ token: `a.b.${++reads}` }),
      () => NOW * 1000,
    );
    const held = await reader.current();

    const renewed = [await reader.renew(held), await reader.renew(held)];

    expect(renewed.map(({ token }) => token)).toEqual(['a.b.2', 'a.b.2']);
  });

  test('can be read after a failed read', async () => {
    let reads = 0;
    const reader = createCredentialsReader(
      async () => (++reads === 1 ? 'nonsense' : item({})),
      () => NOW * 1000,
    );

    await expect(reader.current()).rejects.toThrow(CredentialsError);

    expect((await reader.current()).token).toBe('a.b.c');
  });
});

test('the key of a principal without a token is the current version of its secret, and never expires', () => {
  const key = (fill: number) => Buffer.alloc(32, fill).toString('base64url');
  const secret = { version: 2, key: key(2), previous: { version: 1, key: key(1) } };

  expect(parsePrincipalKey(JSON.stringify(secret), 'partner')).toEqual({
    token: undefined,
    key: Buffer.alloc(32, 2),
    keyId: 'p.partner.2',
    exp: Number.POSITIVE_INFINITY,
  });
  expect(() => parsePrincipalKey(item({}), 'partner')).toThrow('A secret of versioned keys is unusable');
});

function item(change: Readonly<Record<string, unknown>>): string {
  const whole = {
    v: 1,
    token: 'a.b.c',
    key: KEY.toString('base64url'),
    keyId: '3.abc',
    notBefore: NOW - 60,
    exp: NOW + 3600,
  };
  return JSON.stringify({ ...whole, ...change });
}
