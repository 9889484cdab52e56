import type { RowRange } from '../ingest/apply-verdict.ts';
import type { FrozenRow } from '../ingest/verdict.ts';

/**
 * How far the search for the rows that ClickHouse refuses has come, in a batch that validation took. Each range is inserted by itself
 * under its own token: what goes in stays in, and what does not is halved, down to single rows.
 */
export interface Search {
  /** What is not settled. The first one is next; it may be in already, if nobody lived to write that down. */
  readonly pending: readonly RowRange[];
  /** Rows that are in. */
  readonly stored: number;
  /** Inserts that were made for it. */
  readonly inserts: number;
  /** Rows that are not to be stored, and why. */
  readonly unfit: readonly UnfitRow[];
}

export interface UnfitRow {
  readonly row: number;
  /** ClickHouse's code. */
  readonly clickhouseCode: number;
  /** Whether it was tried by itself; false where the search ended before it came to that. */
  readonly alone: boolean;
}

/** One bad row in 10,000 takes 28. A batch with many is not worth more of ClickHouse's time. */
export const MOST_INSERTS = 64;

/** How many rows of a range a batch is to store: not those that were refused before. */
export type CountRows = (range: RowRange) => number;

/** After the whole batch was refused. */
export function beginSearch(rows: number, clickhouseCode: number, count: CountRows): Search {
  const whole = { pending: [{ from: 0, to: rows }], stored: 0, inserts: 0, unfit: [] };
  return { ...afterRefused(whole, clickhouseCode, count), inserts: 0 };
}

/** The next range is in. */
export function afterStored(
  { pending: [range, ...pending], stored, inserts, unfit }: Search,
  count: CountRows,
): Search {
  return { pending, stored: stored + (range === undefined ? 0 : count(range)), inserts: inserts + 1, unfit };
}

/** The next range was refused, and nothing of it is in. */
export function afterRefused(search: Search, clickhouseCode: number, count: CountRows): Search {
  const [range, ...rest] = search.pending;
  if (range === undefined) return search;
  const inserts = search.inserts + 1;
  if (count(range) === 1) {
    const unfit = rowsOf(range, count).map((row) => ({ row, clickhouseCode, alone: true }));
    return { ...search, pending: rest, inserts, unfit: [...search.unfit, ...unfit] };
  }
  const middle = Math.floor((range.from + range.to) / 2);
  const halves = [
    { from: range.from, to: middle },
    { from: middle, to: range.to },
  ];
  const pending = [...halves.filter((half) => count(half) > 0), ...rest];
  const next = { ...search, pending, inserts };
  if (inserts < MOST_INSERTS) return next;
  const left = pending.flatMap((half) => rowsOf(half, count));
  return {
    ...next,
    pending: [],
    unfit: [...search.unfit, ...left.map((row) => ({ row, clickhouseCode, alone: false }))],
  };
}

/**
 * What was written down, held against what the ledger has: the next range may have gone in before anybody could write so.
 *
 * @returns undefined where the two cannot belong together
 */
export function resumeSearch(search: Search, storedNow: number, count: CountRows): Search | undefined {
  if (storedNow === search.stored) return search;
  const next = afterStored(search, count);
  return search.pending.length > 0 && storedNow === next.stored ? next : undefined;
}

/** A row that goes to quarantine after all. */
export function quarantined({ row, clickhouseCode, alone }: UnfitRow, line: number | undefined): FrozenRow {
  const message = alone
    ? `ClickHouse refuses it with code ${clickhouseCode}`
    : `not stored: ClickHouse refuses rows beside it with code ${clickhouseCode}, and too many to tell which`;
  return { row, line, faults: [{ column: '', code: 'ROW_UNSTORABLE', message }] };
}

function rowsOf({ from, to }: RowRange, count: CountRows): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index).filter(
    (row) => count({ from: row, to: row + 1 }) > 0,
  );
}
