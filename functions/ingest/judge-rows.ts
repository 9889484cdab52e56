import type { RowCode } from '../shared/codes.ts';
import type { Contract, StampedColumn } from './contract.ts';
import { explainRow } from './explain-row.ts';
import type { ParsedRows } from './parse-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { createRowReader } from './row-reader.ts';
import { createDefaultsWriter, createTypedWriter, type RowFormat, type RowWriter } from './row-writer.ts';

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
  /** The good rows. */
  readonly bytes: Buffer;
  readonly format: RowFormat;
  /** The columns that are in the bytes, in order. */
  readonly columns: readonly string[];
  readonly accepted: number;
  readonly refused: readonly RefusedRow[];
}

/** Bytes of RowBinary over which a row's JSON text might exceed the limit: an escape is at most six times its byte. */
const ESCAPE_FACTOR = 6;

/**
 * Judges every row against the table's contract and writes the good ones, in one pass: no byte of the body itself goes
 * on to ClickHouse. A row that turns out bad is undone, then looked at again to name all its faults. Where good rows leave out
 * different columns, the pass is made again in the format that can say so.
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
  const reader = createRowReader(contract, rows);
  return judgeAll(createTypedWriter(contract, stamp, reader, {}));

  function judgeAll(writer: RowWriter): RowsVerdict {
    const out = new RowBinaryWriter(bodyBytes + rows.values.length * 128);
    const overhead = contract.columns.reduce((sum, { name }) => sum + name.length + 32, 0);
    const refused: RefusedRow[] = [];
    for (let row = 0; row < rows.values.length; row++) {
      const start = out.length;
      const outcome = writer.write(row, out);
      const isSurelySmall = outcome === 'written' && (out.length - start) * ESCAPE_FACTOR + overhead <= rowBytes;
      if (isSurelySmall) continue;
      const raw = rows.rawOf(row);
      const isSmall = Buffer.byteLength(raw) <= rowBytes;
      if (isSmall && outcome === 'written') continue;
      // Once only: the other writer has no such outcome.
      if (isSmall && outcome === 'mixed') return judgeAll(createDefaultsWriter(contract, stamp, reader, {}));
      out.truncate(start);
      const value = (isSmall ? reader.readAgain?.(row) : undefined) ?? reader.read(row);
      refused.push({ row, line: rows.lineOf(row), raw, faults: explainRow(value, raw, contract, rowBytes) });
    }
    const accepted = rows.values.length - refused.length;
    return { bytes: out.written(), format: writer.format, columns: writer.columns, accepted, refused };
  }
}
