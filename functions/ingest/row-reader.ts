import type { Contract } from './contract.ts';
import { mayHoldUnsafeInteger, mayLoseDigits, readExactly } from './exact-number.ts';
import type { JsonRows, ParsedRows } from './parse-rows.ts';
import { compileCsvReader } from './read-csv-row.ts';
import { isRow } from './row.ts';

/** The rows of a body, read as the table's columns have them. */
export interface RowReader {
  read(row: number): unknown;
  /** For a row that did not fit: with its numbers as written, where that could make it fit. */
  readAgain?(row: number): unknown;
}

/**
 * Only a table that has columns for them pays for long JSON numbers: where there is a Decimal, a row with a long number is read with
 * its numbers as written; where there are wide integers or JSON, only a row that did not fit, because a double that lost digits is no
 * safe integer and never fits.
 */
export function createRowReader(contract: Contract, rows: ParsedRows): RowReader {
  if (rows.format === 'csv') {
    const readRow = compileCsvReader(contract, rows.names);
    const { values, fieldsOf } = rows;
    return {
      read(row) {
        const place = values[row];
        return place && readRow(fieldsOf(place));
      },
    };
  }
  const plain = (row: number) => rows.values[row];
  let last: { readonly row: number; readonly value: unknown } | undefined;
  // Whoever explains a refusal asks for the row once more.
  const again = (row: number) => {
    if (last?.row !== row) last = { row, value: exactly(rows, row) };
    return last.value;
  };
  switch (contract.digits) {
    case 'none':
      return { read: plain };
    case 'integer':
      return { read: plain, readAgain: again };
    case 'decimal':
      // To look at the whole body once is cheaper than to cut it into rows.
      if (rows.text !== undefined && !mayLoseDigits(rows.text)) return { read: plain, readAgain: again };
      return { read: (row) => (mayLoseDigits(rows.rawOf(row)) ? again(row) : plain(row)), readAgain: again };
  }
}

function exactly(rows: JsonRows, row: number): unknown {
  const value = rows.values[row];
  if (!isRow(value)) return value;
  const raw = rows.rawOf(row);
  return mayHoldUnsafeInteger(raw) ? readExactly(raw, value) : value;
}
