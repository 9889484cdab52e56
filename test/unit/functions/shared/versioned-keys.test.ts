import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatVersionedKeys,
  parseVersionedKeys,
  VersionedKeysInvalidError,
} from '../../../../functions/shared/versioned-keys.ts';

/** Not random, so that a test can look for it in an error. */
const KEY = 'canarycanarycanarycanarycanarycanarycanaryA';
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const versions = fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { minLength: 2, maxLength: 2 });

function secretOf(version: unknown, previous?: unknown): string {
  return JSON.stringify({ version, key: KEY, previous });
}

function outcomeOf(secret: string): unknown {
  try {
    return parseVersionedKeys(secret);
  } catch (error) {
    return error;
  }
}

describe('a secret of versioned keys', () => {
  test('reads as it was written, current version first', () => {
    fc.assert(
      fc.property(versions, key, fc.option(key, { nil: undefined }), (numbers, current, previous) => {
        const [older = 0, newer = 0] = numbers.toSorted((a, b) => a - b);
        const first = { version: newer, key: current };
        const keys =
          previous === undefined ? ([first] as const) : ([first, { version: older, key: previous }] as const);
        expect(parseVersionedKeys(formatVersionedKeys(keys))).toEqual(keys);
      }),
    );
  });

  test('reads as Secrets Manager makes it by itself: any 43 letters and digits are a key', () => {
    const generated = fc.stringMatching(/^[A-Za-z0-9]{43}$/);
    fc.assert(
      fc.property(generated, (text) => {
        const keys = parseVersionedKeys(JSON.stringify({ version: 1, key: text }));
        expect(keys).toEqual([{ version: 1, key: Buffer.from(text, 'base64url') }]);
        expect(keys[0].key).toHaveLength(32);
      }),
    );
  });

  test('may hold members that are not ours', () => {
    expect(outcomeOf(JSON.stringify({ version: 1, key: KEY, madeBy: 'rotation' }))).toHaveLength(1);
  });

  test.each([
    ['no JSON', KEY, 'it is not JSON'],
    ['a bare string', JSON.stringify(KEY), 'it is not an object'],
    ['a list', JSON.stringify([{ version: 1, key: KEY }]), 'it is not an object'],
    ['null', 'null', 'it is not an object'],
    ['no version', secretOf(undefined), '`version` or `key` is missing'],
    ['no key', '{"version":1}', '`version` or `key` is missing'],
    ['version 0', secretOf(0), 'not a positive integer'],
    ['a version with a fraction', secretOf(1.5), 'not a positive integer'],
    ['a version as text', secretOf(KEY), 'not a positive integer'],
    ['a short key', JSON.stringify({ version: 4, key: KEY.slice(1) }), 'the key of version 4 is not 32 bytes'],
    ['a long key', JSON.stringify({ version: 4, key: `${KEY}A` }), 'the key of version 4 is not 32 bytes'],
    ['a key in base64', JSON.stringify({ version: 4, key: `${KEY.slice(1)}+` }), 'the key of version 4 is not 32'],
    ['a key that is no text', '{"version":4,"key":7}', 'the key of version 4 is not 32 bytes'],
    ['a previous version that is null', secretOf(2, null), '`previous` is not an object'],
    ['a bad previous key', secretOf(2, { version: 1, key: '' }), 'the key of version 1 is not 32 bytes'],
    ['a previous version without a key', secretOf(2, { version: 1 }), '`version` or `key` is missing'],
    ['the same version twice', secretOf(2, { version: 2, key: KEY }), 'version 2 cannot be previous to 2'],
    ['a previous version that is newer', secretOf(2, { version: 3, key: KEY }), 'version 3 cannot be previous to 2'],
  ])('with %s is refused, saying why and quoting nothing', (_what, secret, reason) => {
    const refusal = outcomeOf(secret);
    expect(refusal).toMatchObject({
      code: 'VERSIONED_KEYS_INVALID',
      retryable: false,
      message: expect.stringContaining(reason),
    });
    expect(String(refusal)).not.toContain('canary');
    expect(refusal).not.toHaveProperty('cause');
  });

  test('that is any text or any JSON is read or refused, and the refusal quotes nothing of it', () => {
    const previous = fc.jsonValue().map((any) => secretOf(2, any));
    const marked = fc.string().map((text) => `${text}canary${text}`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((any) => secretOf(any)),
          previous,
          marked,
        ),
        (secret) => {
          const outcome = outcomeOf(secret);
          expect(Array.isArray(outcome) || outcome instanceof VersionedKeysInvalidError).toBe(true);
          if (outcome instanceof Error) expect(outcome.message).not.toContain('canary');
        },
      ),
    );
  });
});
