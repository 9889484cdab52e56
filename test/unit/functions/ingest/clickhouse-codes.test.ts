import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import {
  CLICKHOUSE_CODES,
  FAULT_HANDLING,
  faultOfCode,
  type StoreFault,
} from '../../../../functions/ingest/clickhouse-codes.ts';

/** What is known of ClickHouse's codes in writing an insert, said a second time and in another order. */
const EXPECTED: Readonly<Partial<Record<StoreFault, readonly number[]>>> = {
  busy: [159, 202, 203, 209, 210, 236, 279, 439],
  pressed: [201, 225, 241, 243, 285, 425, 499, 999],
  'table-pressed': [242, 252],
  uncertain: [3, 319, 394, 1002],
  credential: [192, 193, 194, 516],
  setup: [60, 81, 115, 164, 195, 291, 452, 472, 497, 512],
  schema: [16, 47],
  data: [
    6, 25, 26, 27, 32, 33, 38, 41, 53, 62, 70, 72, 73, 117, 128, 131, 153, 190, 321, 349, 376, 395, 407, 441, 467, 469,
    691,
  ],
};

describe('a code of ClickHouse', () => {
  test('is of exactly one kind, and the list has no other', () => {
    const listed = Object.entries(EXPECTED).flatMap(([fault, codes]) => codes.map((code) => [String(code), fault]));

    const known = Object.entries(CLICKHOUSE_CODES).map(([code, [, fault]]) => [code, fault]);

    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(listed));
    expect(listed).toHaveLength(known.length);
  });

  test('that is not in the list is unknown: nothing is tried again and nothing is taken apart', () => {
    const known = new Set(Object.keys(CLICKHOUSE_CODES).map(Number));
    fc.assert(
      fc.property(
        fc.integer().filter((code) => !known.has(code)),
        (code) => {
          expect(faultOfCode(code)).toBe('unknown');
        },
      ),
    );
    expect(FAULT_HANDLING.unknown).toEqual({ retry: false, breaks: 'never' });
  });

  test.each([6, 469, 16, 497, 395, 12_345])(
    'from a materialized view says nothing of the insert itself: %d',
    (code) => {
      expect(faultOfCode(code, { inView: true })).toBe('view');
    },
  );

  test.each([241, 202, 319])('tells of the service’s health from a view as well: %d', (code) => {
    expect(faultOfCode(code, { inView: true })).toBe(faultOfCode(code));
  });

  test('after a 200 leaves open whether the rows are in, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(CLICKHOUSE_CODES).map(Number)), (code) => {
        expect(new StoreError('Storing', code, { late: true }).fault).toBe('uncertain');
      }),
    );
  });

  test('only says that a row is bad where a second attempt and the breaker have nothing to do with it', () => {
    expect(FAULT_HANDLING.data).toEqual({ retry: false, breaks: 'never' });
    expect(FAULT_HANDLING.view).toEqual({ retry: false, breaks: 'never' });
  });
});
