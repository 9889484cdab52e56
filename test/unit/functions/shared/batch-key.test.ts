import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchKeyById, deriveBatchKey } from '../../../../functions/shared/batch-key.ts';
import type { VersionedKeys } from '../../../../functions/shared/versioned-keys.ts';

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

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const master = fc.tuple(fc.integer({ min: 2 }), bytes32, bytes32).map(
  ([version, current, previous]) =>
    [
      { version, key: current },
      { version: version - 1, key: previous },
    ] as const,
);
