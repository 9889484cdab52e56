import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffSeconds } from '../../../../functions/replay/backoff.ts';

const receives = fc.integer({ min: 1, max: 100_000 });
const most = fc.integer({ min: 1, max: 43_200 });
const chance = fc.double({ min: 0, max: 1, noNaN: true });

describe('time until the next attempt', () => {
  test.each([
    [1, 0, 1],
    [1, 1, 1],
    [2, 0, 1],
    [2, 1, 2],
    [5, 0, 8],
    [5, 0.5, 12],
    [5, 1, 16],
    [10, 1, 512],
    [11, 0, 450],
    [11, 1, 900],
    [1_000_000, 1, 900],
  ])('after attempt %d with chance %d: %d s', (attempt, by, seconds) => {
    expect(backoffSeconds(attempt, 900, by)).toBe(seconds);
  });

  test('is whole seconds from 1 to the most, at least half of the doubling', () => {
    fc.assert(
      fc.property(receives, most, chance, (attempt, limit, by) => {
        const seconds = backoffSeconds(attempt, limit, by);
        const full = Math.min(limit, 2 ** (attempt - 1));
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(Math.max(1, Math.floor(full / 2)));
        expect(seconds).toBeLessThanOrEqual(Math.max(1, full));
      }),
    );
  });

  test('never gets shorter by more attempts, nor by worse luck', () => {
    fc.assert(
      fc.property(receives, most, chance, chance, (attempt, limit, by, other) => {
        expect(backoffSeconds(attempt + 1, limit, by)).toBeGreaterThanOrEqual(backoffSeconds(attempt, limit, by));
        const [less, more] = [Math.min(by, other), Math.max(by, other)];
        expect(backoffSeconds(attempt, limit, more)).toBeGreaterThanOrEqual(backoffSeconds(attempt, limit, less));
      }),
    );
  });
});
