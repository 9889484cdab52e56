import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VerdictCache } from '../../../../local/gateway/verdict-cache.ts';

describe('answers of an authorizer', () => {
  test('serve until the TTL has passed, not a millisecond longer', () => {
    const cache = new VerdictCache<string>(60, 10);
    cache.put(['t'], 'allowed', 1000);
    expect(cache.get(['t'], 60_999)).toBe('allowed');
    expect(cache.get(['t'], 61_000)).toBeUndefined();
  });

  test('are not kept with a TTL of 0', () => {
    const cache = new VerdictCache<string>(0, 10);
    cache.put(['t'], 'allowed', 1000);
    expect(cache.get(['t'], 1000)).toBeUndefined();
  });

  test('are kept apart however the values are cut', () => {
    const cache = new VerdictCache<string>(60, 10);
    cache.put(['a,b', 'c'], 'allowed', 0);
    expect(cache.get(['a', 'b,c'], 0)).toBeUndefined();
    expect(cache.get(['a,b,c'], 0)).toBeUndefined();
  });

  test('the oldest goes when there are too many', () => {
    const cache = new VerdictCache<number>(60, 2);
    for (const [index, token] of ['a', 'b', 'a', 'c'].entries()) cache.put([token], index, 0);
    expect([cache.get(['a'], 0), cache.get(['b'], 0), cache.get(['c'], 0)]).toEqual([2, undefined, 3]);
  });

  test('behave as a list that is searched from its end', () => {
    const step = fc.record({
      put: fc.boolean(),
      values: fc.array(fc.constantFrom('a', 'b', 'a","b', ''), { minLength: 1, maxLength: 2 }),
      wait: fc.integer({ min: 0, max: 3000 }),
      allowed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.array(step, { maxLength: 40 }), (ttlSeconds, steps) => {
        const cache = new VerdictCache<boolean>(ttlSeconds, 1000);
        const log: { values: readonly string[]; at: number; allowed: boolean }[] = [];
        let now = 0;
        for (const { put, values, wait, allowed } of steps) {
          now += wait;
          if (put) {
            cache.put(values, allowed, now);
            log.push({ values, at: now, allowed });
            continue;
          }
          const last = log.findLast(
            (entry) => entry.values.length === values.length && entry.values.every((v, i) => v === values[i]),
          );
          const expected = last !== undefined && now - last.at < ttlSeconds * 1000 ? last.allowed : undefined;
          expect(cache.get(values, now)).toBe(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
