import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Samples } from '../../../../local/edge/samples.ts';

describe('Samples', () => {
  test('has nothing to tell before the first call', () => {
    const samples = new Samples();

    expect([samples.max, samples.percentile(0.5)]).toEqual([undefined, undefined]);
  });

  test('tells percentiles by nearest rank, and the highest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const samples = new Samples();
          for (const value of values) samples.add(value);

          const found = samples.percentile(share) ?? Number.NaN;

          expect(samples.max).toBe(Math.max(...values));
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * values.length);
          expect(values.filter((value) => value < found).length).toBeLessThan(share * values.length);
        },
      ),
    );
  });

  test('keeps the last 10,000, and a raised value stands for its call only', () => {
    const samples = new Samples();
    const first = samples.add(1_000_000);
    for (let call = 0; call < 10_000; call += 1) samples.add(1);

    samples.raise(first, 2_000_000);

    expect([samples.percentile(1), samples.max]).toEqual([1, 2_000_000]);
  });
});
