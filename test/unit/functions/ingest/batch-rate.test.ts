import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBatchRate } from '../../../../functions/ingest/batch-rate.ts';

function rateAt(start = 0) {
  let now = start;
  const rate = createBatchRate(() => now);
  return {
    take: (principal: string, perSecond: number) => rate.take(principal, perSecond),
    pass: (ms: number) => (now += ms),
  };
}

describe('the rate of a principal', () => {
  test('one second’s worth may come at once, and then as many as time makes room for', () => {
    const { take, pass } = rateAt();

    expect([take('p', 2), take('p', 2), take('p', 2)]).toEqual([0, 0, 500]);
    pass(499);
    expect(take('p', 2)).toBeCloseTo(1, 6);
    pass(1);
    expect(take('p', 2)).toBe(0);
  });

  test('a rate below one a second still lets the first batch in, and says how long the next must wait', () => {
    const { take, pass } = rateAt();

    expect([take('p', 0.1), take('p', 0.1)]).toEqual([0, 10_000]);
    pass(10_000);
    expect(take('p', 0.1)).toBe(0);
  });

  test('of one is not used up by another', () => {
    const { take } = rateAt();

    expect([take('one', 1), take('one', 1), take('other', 1)]).toEqual([0, 1_000, 0]);
  });

  test('a clock that is set back shuts nobody out for longer than the rate itself does', () => {
    const { take, pass } = rateAt(1_000_000);
    take('p', 1);

    pass(-900_000);

    expect(take('p', 1)).toBe(1_000);
    pass(1_000);
    expect(take('p', 1)).toBe(0);
  });

  test('holds over any time, and whoever waits as told is taken', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.double({ min: 0.05, max: 50, noNaN: true }), (waits, perSecond) => {
        const { take, pass } = rateAt();
        let [taken, elapsed, told] = [0, 0, 0];
        for (const wait of waits) {
          pass(wait);
          elapsed += wait;
          told = take('p', perSecond);
          if (told === 0) taken++;
        }

        expect(taken).toBeLessThanOrEqual(Math.max(1, perSecond) + (elapsed / 1_000) * perSecond + 1e-6);
        // As Retry-After has it: whole seconds.
        pass(Math.ceil(told / 1_000) * 1_000);
        if (told > 0) expect(take('p', perSecond)).toBe(0);
      }),
    );
  });
});
