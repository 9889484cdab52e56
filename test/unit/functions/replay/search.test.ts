import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterRefused,
  afterStored,
  beginSearch,
  type CountRows,
  MOST_INSERTS,
  resumeSearch,
  type Search,
} from '../../../../functions/replay/search.ts';

const CODE = 469;

/** A table that refuses some rows, and takes an insert whole or not at all. */
function search(refused: ReadonlySet<number>, bad: ReadonlySet<number>) {
  const count: CountRows = ({ from, to }) => {
    let good = 0;
    for (let row = from; row < to; row++) if (!refused.has(row)) good++;
    return good;
  };
  const stored: number[] = [];
  let inserts = 0;
  function insertNext(state: Search): Search {
    const [range] = state.pending;
    if (range === undefined) return state;
    inserts++;
    const taken = numbers(range.to)
      .slice(range.from)
      .filter((row) => !refused.has(row));
    if (taken.some((row) => bad.has(row))) return afterRefused(state, CODE, count);
    stored.push(...taken);
    return afterStored(state, count);
  }
  return { count, stored, insertNext, inserts: () => inserts };
}

function runToEnd(rows: number, refused: ReadonlySet<number>, bad: ReadonlySet<number>) {
  const { count, stored, insertNext, inserts } = search(refused, bad);
  let state = beginSearch(rows, CODE, count);
  while (state.pending.length > 0) state = insertNext(state);
  return { state, stored, inserts: inserts() };
}

function numbers(end: number): readonly number[] {
  return Array.from({ length: end }, (_, row) => row);
}

/** Rows that validation refused, rows that ClickHouse would, at least one, and good ones. */
const batch = fc
  .array(fc.constantFrom('good', 'good', 'refused', 'bad'), { maxLength: 400 })
  .map((kinds) => [...kinds, 'bad'])
  .map((kinds) => {
    const rowsThatAre = (kind: string) => new Set(numbers(kinds.length).filter((row) => kinds[row] === kind));
    return { rows: kinds.length, refused: rowsThatAre('refused'), bad: rowsThatAre('bad') };
  });

describe('the search for rows that ClickHouse refuses', () => {
  test('puts every good row in one place, ends after 64 inserts, and stores no bad one', () => {
    fc.assert(
      fc.property(batch, ({ rows, refused, bad }) => {
        const { state, stored, inserts } = runToEnd(rows, refused, bad);

        const placed = [...stored, ...state.unfit.map(({ row }) => row)].sort((one, other) => one - other);
        expect(placed).toEqual(numbers(rows).filter((row) => !refused.has(row)));
        expect(stored.filter((row) => bad.has(row))).toEqual([]);
        expect(state.unfit.filter(({ row, alone }) => alone && !bad.has(row))).toEqual([]);
        expect(state.stored).toBe(stored.length);
        expect(inserts).toBeLessThanOrEqual(MOST_INSERTS);
      }),
    );
  });

  test('finds one bad row among 10,000 with 27 inserts, and up to two always', () => {
    for (const bad of [[0], [9_999], [4_711], [0, 5_000], [4_999, 9_999]]) {
      const { state, inserts } = runToEnd(10_000, new Set(), new Set(bad));
      expect(state.unfit).toEqual(bad.map((row) => ({ row, clickhouseCode: CODE, alone: true })));
      expect(inserts).toBeLessThanOrEqual(bad.length * 28);
    }
  });

  test('of a batch of one row asks nothing more', () => {
    expect(runToEnd(1, new Set(), new Set([0]))).toMatchObject({
      inserts: 0,
      state: { unfit: [{ row: 0, alone: true }] },
    });
  });

  test('says of rows that it did not come to that they were not tried', () => {
    const { state } = runToEnd(10_000, new Set(), new Set(numbers(10_000)));
    expect(state.unfit).toHaveLength(10_000);
    expect(state.unfit.filter(({ alone }) => alone).length).toBeLessThan(MOST_INSERTS);
  });

  test('goes on after a crash at any moment as if there had been none: before an insert, or before it was written down', () => {
    fc.assert(
      fc.property(
        batch,
        fc.infiniteStream(fc.constantFrom('goes on', 'goes on', 'dies before', 'dies after')),
        (given, fates) => {
          const { rows, refused, bad } = given;
          const { count, stored, insertNext } = search(refused, bad);
          let written = beginSearch(rows, CODE, count);
          for (const fate of fates) {
            const resumed = resumeSearch(written, stored.length, count);
            if (resumed === undefined || resumed.pending.length === 0) {
              expect(resumed).toBeDefined();
              written = resumed ?? written;
              break;
            }
            written = resumed;
            if (fate === 'dies before') continue;
            const next = insertNext(resumed);
            if (fate === 'goes on') written = next;
          }
          expect(new Set(stored).size).toBe(stored.length);
          expect(stored.length + written.unfit.length).toBe(rows - refused.size);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('does not go on where the ledger has what it cannot have stored', () => {
    const begun = beginSearch(8, CODE, ({ from, to }) => to - from);
    expect(resumeSearch(begun, 0, ({ from, to }) => to - from)).toBe(begun);
    expect(resumeSearch(begun, 4, ({ from, to }) => to - from)).toMatchObject({ stored: 4, inserts: 1 });
    for (const there of [1, 3, 5, 8]) expect(resumeSearch(begun, there, ({ from, to }) => to - from)).toBeUndefined();
  });
});
