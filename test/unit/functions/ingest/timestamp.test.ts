import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseTimestamp } from '../../../../functions/ingest/timestamp.ts';

describe('a time', () => {
  test.each([
    ['2025-11-23T08:00:00Z', 1763884800],
    ['2025-11-23t08:00:00z', 1763884800],
    ['2025-11-23 08:00:00', 1763884800],
    ['2025-11-23T10:30:00+02:30', 1763884800],
    ['2025-11-23T00:00:00-08:00', 1763884800],
    ['2024-02-29T00:00:00Z', 1709164800],
    ['2000-02-29T00:00:00Z', 951782400],
    ['1970-01-01T00:00:00Z', 0],
    ['1900-01-01T00:00:00Z', -2208988800],
  ])('%s is read', (text, seconds) => {
    expect(parseTimestamp(text, 3)).toEqual({ seconds, fraction: 0 });
  });

  test.each([
    ['.9999', 3, 999],
    ['.9999', 0, 0],
    ['.5', 3, 500],
    ['.000000001', 9, 1],
    ['.12345678987654321', 9, 123456789],
  ])('with fraction %s at precision %d keeps %d, cut off and not rounded', (fraction, precision, kept) => {
    const zulu = parseTimestamp(`2025-11-23T08:00:00${fraction}Z`, precision);
    const plain = parseTimestamp(`2025-11-23 08:00:00${fraction}`, precision);

    expect(zulu).toEqual({ seconds: 1763884800, fraction: kept });
    expect(plain).toEqual(zulu);
  });

  test.each([
    '2025-00-01T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-02-30T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:60Z',
    '2025-01-01T00:00:00+24:00',
    '2025-01-01T00:00:00-00:60',
  ])('%s is out of range', (text) => {
    expect(parseTimestamp(text, 3)).toBe('range');
  });

  test.each([
    '',
    '2025-11-23',
    '1763884800',
    '2025-11-23T08:00:00',
    '2025-11-23 08:00:00Z',
    '2025-11-23 08:00:00+00:00',
    '2025-11-23T08:00:00.Z',
    '2025-11-23T08:00:00,5Z',
    '2025-11-23T08:00:00Z ',
    ' 2025-11-23T08:00:00Z',
    '2025-11-23T08:00Z',
    '2025-11-23T08:00:00+0200',
    '2025-11-23T08:00:00+02',
    '2025-11-23_08:00:00Z',
    '2025/11/23T08:00:00Z',
    '+2025-11-23T08:00:00Z',
    '2025-1-23T08:00:00Z',
    '٢٠٢٥-11-23T08:00:00Z',
  ])('%j is no time', (text) => {
    expect(parseTimestamp(text, 3)).toBe('form');
  });

  test('with any valid date and offset is the moment that Date makes of it', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);

        const result = parseTimestamp(`${local}${offsetText(offset)}`, 3);

        const ms = date.getTime();
        expect(result).toEqual({ seconds: Math.floor(ms / 1000), fraction: ms - Math.floor(ms / 1000) * 1000 });
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps exactly the first digits of its fraction, at every precision', () => {
    fc.assert(
      fc.property(moment, fc.stringMatching(/^\d{1,20}$/), fc.nat({ max: 9 }), (date, fraction, precision) => {
        const result = parseTimestamp(`${date.toISOString().slice(0, 19)}.${fraction}Z`, precision);

        const kept = Number(fraction.padEnd(9, '0').slice(0, precision));
        expect(result).toEqual({ seconds: Math.floor(date.getTime() / 1000), fraction: kept });
      }),
    );
  });

  test('text of any content is a time, no time or out of range, and never throws', () => {
    const nearly = fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{0,12})?(Z|[+-]\d\d:\d\d)?$/);
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), fc.nat({ max: 9 }), (text, precision) => {
        const result = parseTimestamp(text, precision);

        if (typeof result === 'string') expect(['form', 'range']).toContain(result);
        else
          expect([Number.isSafeInteger(result.seconds), Number.isSafeInteger(result.fraction)]).toEqual([true, true]);
      }),
      { numRuns: 1000 },
    );
  });
});

// A day inside the four-digit years, so that no offset leaves them.
const moment = fc.date({
  min: new Date('0101-01-01T00:00:00Z'),
  max: new Date('9998-12-31T00:00:00Z'),
  noInvalidDate: true,
});

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z';
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
