import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatVersionedKeys,
  parseVersionedKeys,
  VersionedKeysInvalidError,
} from '../../../../functions/shared/versioned-keys.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const versioned = fc.record({
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => Buffer.from(key)),
});

function secretOf(versions: unknown): string {
  return JSON.stringify({ versions });
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
      fc.property(versioned, fc.option(versioned, { nil: undefined }), (current, previous) => {
        const keys = previous === undefined ? ([current] as const) : ([current, previous] as const);
        expect(parseVersionedKeys(formatVersionedKeys(keys))).toEqual(keys);
      }),
    );
  });

  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['no object', '[]', 'no list `versions`'],
    ['null', 'null', 'no list `versions`'],
    ['no list', secretOf({ 0: { version: 1, key: KEY } }), 'no list `versions`'],
    ['no version', secretOf([]), 'it holds no version'],
    ['three versions', secretOf([3, 2, 1].map((version) => ({ version, key: KEY }))), 'more than the current'],
    ['an entry without a key', secretOf([{ version: 1 }]), 'lacks `version` or `key`'],
    ['an entry that is null', secretOf([null]), 'lacks `version` or `key`'],
    ['version 0', secretOf([{ version: 0, key: KEY }]), 'not a positive integer'],
    ['a version with a fraction', secretOf([{ version: 1.5, key: KEY }]), 'not a positive integer'],
    ['a version as text', secretOf([{ version: '1', key: KEY }]), 'not a positive integer'],
    ['a short key', secretOf([{ version: 4, key: KEY.slice(0, 40) }]), 'version 4 is not 32 bytes'],
    ['a key that is no text', secretOf([{ version: 4, key: 7 }]), 'version 4 is not 32 bytes'],
    [
      'a bad previous key',
      secretOf([
        { version: 2, key: KEY },
        { version: 1, key: '' },
      ]),
      'version 1 is not 32 bytes',
    ],
  ])('with %s is refused, saying why', (_what, secret, reason) => {
    expect(outcomeOf(secret)).toMatchObject({
      code: 'VERSIONED_KEYS_INVALID',
      retryable: false,
      message: expect.stringContaining(reason),
    });
  });

  test('that is any text or any JSON is read or refused, and the refusal quotes nothing of it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.jsonValue().map(secretOf)), (secret) => {
        const outcome = outcomeOf(secret);
        expect(Array.isArray(outcome) || outcome instanceof VersionedKeysInvalidError).toBe(true);
      }),
    );
    for (const secret of ['canary', secretOf('canary'), secretOf([{ version: 'canary', key: KEY }])]) {
      expect(outcomeOf(secret)).toMatchObject({ message: expect.not.stringContaining('canary') });
    }
    expect(String(outcomeOf(secretOf([{ version: 1, key: `canary${KEY}` }])))).not.toContain('canary');
  });
});
