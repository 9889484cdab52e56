import type { RowCode } from '../shared/codes.ts';
import type { Contract, StampedColumn } from './contract.ts';
import { explainRow } from './explain-row.ts';
import type { ParsedRows } from './parse-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { compileRowEncoder, isRow } from './row-encoder.ts';

/** What the server says of every row of a batch: proved by authorizer and ingest, never taken from the body. */
export type BatchStamp = Readonly<Record<Exclude<StampedColumn, '_row'>, string | number>>;

export interface RowFault {
  /** The field's name; empty where the whole row is at fault. */
  readonly column: string;
  readonly code: RowCode;
  readonly message: string;
}

export interface RefusedRow {
  readonly row: number;
  readonly line: number | undefined;
  readonly raw: string;
  readonly faults: readonly RowFault[];
}

export interface RowsVerdict {
  /** The good rows as RowBinaryWithDefaults, every insertable column in table order. */
  readonly bytes: Buffer;
  readonly accepted: number;
  readonly refused: readonly RefusedRow[];
}

/** Bytes of RowBinary over which a row's JSON text might exceed the limit: an escape is at most six times its byte. */
const ESCAPE_FACTOR = 6;

/**
 * Judges every row against the table's contract and writes the good ones, in one pass: no byte of the body itself goes
 * on to ClickHouse. A row that turns out bad is undone, then looked at again to name all its faults.
 *
 * @param rowBytes most bytes of a row's own text
 */
export function judgeRows(
  contract: Contract,
  rows: ParsedRows,
  stamp: BatchStamp,
  rowBytes: number,
  bodyBytes: number,
): RowsVerdict {
  const out = new RowBinaryWriter(bodyBytes + rows.values.length * 128);
  const encode = compileRowEncoder(contract, stamp);
  const overhead = contract.columns.reduce((sum, { name }) => sum + name.length + 32, 0);
  const refused: RefusedRow[] = [];

  rows.values.forEach((value, row) => {
    const start = out.length;
    if (isRow(value) && encode(value, row, out)) {
      const most = (out.length - start) * ESCAPE_FACTOR + overhead;
      if (most <= rowBytes || Buffer.byteLength(rows.rawOf(row)) <= rowBytes) return;
    }
    out.truncate(start);
    const raw = rows.rawOf(row);
    refused.push({ row, line: rows.lineOf(row), raw, faults: explainRow(value, raw, contract, rowBytes) });
  });
  return { bytes: out.written(), accepted: rows.values.length - refused.length, refused };
}
