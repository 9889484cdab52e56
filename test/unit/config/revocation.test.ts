import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig } from '../../../config/parse-config.ts';
import { isRevoked } from '../../../config/revocation.ts';

const revokedBefore = (text: string) =>
  parseConfig({ streams: { web: {} }, principals: { p: { revokedBefore: text } } }).principals['p']?.revokedBefore;

describe('revokedBefore', () => {
  test.each([
    ['2026-01-01T12:00:00Z', '2026-01-01T12:00:00.000Z'],
    ['2026-01-01T14:00:00.5+02:00', '2026-01-01T12:00:00.500Z'],
  ])('%s is one moment, however it is written: the policy hash is the same', (text, same) => {
    expect(revokedBefore(text)).toBe(same);
  });

  test('is a moment or a mistake, whatever is written there', () => {
    const digits = (most: number) => fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, '0'));
    const written = fc
      .tuple(
        fc.integer({ min: 0, max: 9_999 }),
        digits(13),
        digits(32),
        digits(25),
        digits(61),
        digits(61),
        fc.constantFrom('Z', '', '+23:59', '-25:00', '+02'),
      )
      .map(
        ([year, month, day, hour, minute, second, zone]) =>
          `${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}${zone}`,
      );
    fc.assert(
      fc.property(fc.oneof(written, fc.string()), (text) => {
        try {
          expect(Date.parse(revokedBefore(text) ?? '')).toBe(Date.parse(text));
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('refuses what was issued before it, to the second, and what nobody knows the age of', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        (iat, at) => {
          const principal = { revokedBefore: new Date(at).toISOString() };

          expect(isRevoked(principal, iat)).toBe(iat * 1_000 < at);
          expect(isRevoked(principal, undefined)).toBe(true);
          expect(isRevoked({}, iat)).toBe(false);
          expect(isRevoked({}, undefined)).toBe(false);
        },
      ),
    );
  });
});
