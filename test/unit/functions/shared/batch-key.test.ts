import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchKeyById, deriveBatchKey } from '../../../../functions/shared/batch-key.ts';
import {
  formatVersionedKeys,
  parseVersionedKeys,
  type VersionedKeys,
} from '../../../../functions/shared/versioned-keys.ts';

const key = 'S3cretS3cretS3cretS3cretS3cretS3cretS3cretS';

describe('batch key', () => {
  test('fits its own token and version only', () => {
    fc.assert(
      fc.property(master, fc.string(), fc.string(), ([current, previous], token, other) => {
        fc.pre(token !== other);
        const { key: derived, keyId } = deriveBatchKey(previous, token);
        const inForce: VersionedKeys = [current, previous];

        expect(derived).toHaveLength(32);
        expect(batchKeyById(inForce, token, keyId)).toEqual(derived);
        expect(batchKeyById(inForce, other, keyId)).toBeUndefined();
        expect(batchKeyById([current], token, keyId)).toBeUndefined();
        expect(deriveBatchKey(previous, other).key).not.toEqual(derived);
      }),
    );
  });

  test('of version 11 is not looked for under version 1', () => {
    const [one, eleven] = [
      { version: 1, key: new Uint8Array(32) },
      { version: 11, key: new Uint8Array(32).fill(1) },
    ];
    const { key: derived, keyId } = deriveBatchKey(eleven, 'token');

    expect(batchKeyById([one, eleven], 'token', keyId)).toEqual(derived);
    expect(batchKeyById([one], 'token', keyId)).toBeUndefined();
  });

  test('key ids of any content never throw', () => {
    fc.assert(
      fc.property(master, fc.string(), (inForce, keyId) => {
        expect(batchKeyById(inForce, 'token', keyId)).toBeUndefined();
      }),
    );
  });
});

describe('signing master secret', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(master, (inForce) => {
        const read = parseVersionedKeys(formatVersionedKeys(inForce));

        expect(read.map((version) => ({ ...version, key: new Uint8Array(version.key) }))).toEqual(inForce);
      }),
    );
  });

  test.each([
    ['text', key, 'it is not JSON'],
    ['a bare string', JSON.stringify(key), 'no list `versions`'],
    ['an object without versions', JSON.stringify({ key }), 'no list `versions`'],
    ['null', 'null', 'no list `versions`'],
    ['no version', '{"versions":[]}', 'it holds no version'],
    ['an entry that is no object', secretOf(key), 'lacks `version` or `key`'],
    ['an entry without version', secretOf({ key }), 'lacks `version` or `key`'],
    ['an entry without key', secretOf({ version: 1 }), 'lacks `version` or `key`'],
    ['a version as text', secretOf({ version: key, key }), 'not a positive integer'],
    ['version 0', secretOf({ version: 0, key }), 'not a positive integer'],
    ['version 1.5', secretOf({ version: 1.5, key }), 'not a positive integer'],
    ['a short key', secretOf({ version: 1, key: key.slice(8) }), 'the key of version 1 is not 32 bytes'],
    ['a long key', secretOf({ version: 1, key: key + key }), 'the key of version 1 is not 32 bytes'],
    ['a key that is a number', secretOf({ version: 1, key: 12345 }), 'the key of version 1 is not 32 bytes'],
    [
      'three versions',
      secretOf(...[3, 2, 1].map((version) => ({ version, key }))),
      'more than the current and the previous',
    ],
  ])('of %s is refused, and the message does not hold the secret', (_, secret, reason) => {
    const message = messageOf(() => parseVersionedKeys(secret));

    expect(message).toContain(reason);
    expect(message).not.toContain('S3cret');
    expect(message).not.toContain('12345');
  });

  test('of any content is read or refused by name, never with the secret in the error', () => {
    const marked = fc.string({ minLength: 1 }).map((text) => `${text}S3cret${text}`);
    fc.assert(
      fc.property(
        fc.oneof(
          marked,
          fc.jsonValue().map((any) => secretOf(any, { version: 1, key: 'S3cret' })),
        ),
        (secret) => {
          const error = errorOf(() => parseVersionedKeys(secret));

          expect(error).toMatchObject({ name: 'VersionedKeysInvalidError', code: 'VERSIONED_KEYS_INVALID' });
          expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('S3cret');
          expect(error).not.toHaveProperty('cause');
        },
      ),
    );
  });
});

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const master = fc.tuple(fc.integer({ min: 2 }), bytes32, bytes32).map(
  ([version, current, previous]) =>
    [
      { version, key: current },
      { version: version - 1, key: previous },
    ] as const,
);

function secretOf(...versions: readonly unknown[]): string {
  return JSON.stringify({ versions });
}

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown; expected an error.');
}

function messageOf(act: () => unknown): string {
  return String(errorOf(act));
}
