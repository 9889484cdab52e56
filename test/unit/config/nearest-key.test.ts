import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearestKey } from '../../../config/nearest-key.ts';

describe('nearestKey', () => {
  test.each([
    ['regoins', 'regions'],
    ['issuer', 'issuers'],
    ['stream', 'streams'],
    ['', 'edge'],
  ])('a user who wrote %j is pointed to %j', (seen, nearest) => {
    expect(nearestKey(seen, ['regions', 'issuers', 'streams', 'edge'])).toBe(nearest);
  });

  test('points nowhere where nothing is known', () => {
    expect(nearestKey('x', [])).toBeUndefined();
  });

  test('a key with one letter changed still leads to itself among keys that are far apart', () => {
    const keys = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.nat(7), fc.string({ maxLength: 1 }), (key, at, letter) => {
        expect(nearestKey(key.slice(0, at) + letter + key.slice(at + 1), keys)).toBe(key);
      }),
    );
  });
});
