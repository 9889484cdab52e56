import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deduplicationKey } from '../../../../functions/shared/deduplication-key.ts';

describe('deduplication key', () => {
  test('is SHA-256 over the parts, each with its length in bytes before it', () => {
    const expected = createHash('sha256').update('2:é3:web1:a1:b').digest('hex');

    expect(deduplicationKey('é', 'web', 'a', 'b')).toBe(expected);
  });

  test('knows where one part ends and the next begins', () => {
    expect(deduplicationKey('ab', 'c', 'x', 'y')).not.toBe(deduplicationKey('a', 'bc', 'x', 'y'));
    expect(deduplicationKey('x', 'y', 'ab', 'c')).not.toBe(deduplicationKey('x', 'y', 'a', 'bc'));
    expect(deduplicationKey('a1:b', '', 'x', 'y')).not.toBe(deduplicationKey('a', 'b', 'x', 'y'));
  });

  test('is the same for the same parts and for no others', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 4 });
    const parts = fc.tuple(text, text, text, text);
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = one.every((part, index) => part === other[index]);

        expect(deduplicationKey(...one) === deduplicationKey(...other)).toBe(same);
        expect(deduplicationKey(...one)).toMatch(/^[0-9a-f]{64}$/);
      }),
    );
  });
});
