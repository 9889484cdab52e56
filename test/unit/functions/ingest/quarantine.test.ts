import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { QUARANTINE_COLUMNS, quarantineBytes } from '../../../../functions/ingest/quarantine.ts';
import { STAMP } from './stream-contract.ts';

function lines(raws: readonly string[], most: number): readonly Record<string, unknown>[] {
  const refused = raws.map((raw, row) => ({
    row,
    line: undefined,
    raw,
    faults: [{ column: '\ud800x', code: 'FIELD_UNKNOWN', message: '' }] as const,
  }));
  const bytes = quarantineBytes(refused, 'hits', 'hash', STAMP, most);
  return bytes
    .toString('utf8')
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('quarantine', () => {
  test('has one line a refused row with exactly the columns of the table', () => {
    const [first] = lines(['{"a":1}\n'], 100);
    expect(Object.keys(first ?? {})).toEqual(expect.arrayContaining([...QUARANTINE_COLUMNS]));
    expect(Object.keys(first ?? {})).toHaveLength(QUARANTINE_COLUMNS.length);
    expect(first).toMatchObject({ raw: '{"a":1}\n', line: null, _row: 0, columns: ['\ufffdx'] });
  });

  test('keeps as much of a raw row as fits, never half a character', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), fc.nat(20), (raws, most) => {
        for (const [row, { raw, raw_bytes }] of lines(raws, most).entries()) {
          const whole = (raws[row] ?? '').toWellFormed();
          expect(whole.startsWith(String(raw))).toBe(true);
          expect(raw_bytes).toBe(Buffer.byteLength(whole));
          expect(Buffer.byteLength(String(raw))).toBeLessThanOrEqual(most);
          expect(Buffer.byteLength(String(raw))).toBeGreaterThan(Math.min(most, Number(raw_bytes)) - 4);
        }
      }),
    );
  });
});
