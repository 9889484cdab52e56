import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig } from '../../../config/parse-config.ts';

const withDays = (rotateDays: number) => ({ streams: { hits: {} }, edge: {}, clickhouse: { rotateDays } });

describe('the days that a ClickHouse password lives', () => {
  test('are 30, unless something else is said', () => {
    expect(parseConfig({ streams: { hits: {} }, edge: {} }).clickhouse.rotateDays).toBe(30);
  });

  test('are a whole number of at least one and at most 365', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 365 }), (days) => {
        expect(parseConfig(withDays(days)).clickhouse.rotateDays).toBe(days);
      }),
    );
    for (const days of [0, 366, 1.5]) expect(() => parseConfig(withDays(days))).toThrow('clickhouse.rotateDays');
  });
});
