import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRetryAfter } from '../../../../functions/shared/retry-after.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

describe('Retry-After', () => {
  test.each([
    ['seconds', '120', 120_000],
    ['none', '0', 0],
    ['a date', 'Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['a date that is over', 'Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['nothing', null, 0],
    ['an empty text', '', 0],
    ['another text', 'soon', 0],
  ])('of %s', (_what, value, expected) => expect(parseRetryAfter(value, NOW)).toBe(expected));

  test('of any text is a time that can be waited for', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.float().map(String)), (value) => {
        expect(parseRetryAfter(value, NOW)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
