import type { RowCode } from '../shared/codes.ts';
import type { InsertFormat } from './batch-store.ts';
import type { Contract, StampedColumn } from './contract.ts';
import { explainRow } from './explain-row.ts';
import { judgeColumns } from './judge-columns.ts';
import type { ParsedRows } from './parse-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { createRowReader } from './row-reader.ts';
import { createDefaultsWriter, createTypedWriter, type RowWriter } from './row-writer.ts';

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
  readonly format: InsertFormat;
  /** The columns that are in the bytes, in order. */
  readonly columns: readonly string[];
  readonly accepted: number;
  readonly refused: readonly RefusedRow[];
}

/** Bytes of values over which a row's JSON text might exceed the limit: an escape is at most six times its byte. */
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
  const count = rows.values.length;
  const overhead = contract.columns.reduce((sum, { name }) => sum + name.length + 32, 0);
  const isSmall = (row: number, valueBytes: number) =>
    valueBytes * ESCAPE_FACTOR + overhead <= rowBytes || Buffer.byteLength(rows.rawOf(row)) <= rowBytes;

  const block = judgeColumns({ contract, stamp, reader, rows: count, isSmall });
  if (block !== undefined) {
    return { ...block, accepted: count - block.refused.length, refused: block.refused.map(refuse) };
  }
  return judgeEach(createTypedWriter(contract, stamp, reader, {}));

  function judgeEach(writer: RowWriter): RowsVerdict {
    const out = new RowBinaryWriter(bodyBytes + count * 128);
    const refused: RefusedRow[] = [];
    for (let row = 0; row < count; row++) {
      const start = out.length;
      const outcome = writer.write(row, out);
      const isGood = outcome !== 'refused' && isSmall(row, out.length - start);
      // Once only: the other writer has no such outcome.
      if (isGood && outcome === 'mixed') return judgeEach(createDefaultsWriter(contract, stamp, reader, {}));
      if (isGood) continue;
      out.truncate(start);
      refused.push(refuse(row));
    }
    const accepted = count - refused.length;
    return { bytes: out.written(), format: writer.format, columns: writer.columns, accepted, refused };
  }

  function refuse(row: number): RefusedRow {
    const raw = rows.rawOf(row);
    const again = Buffer.byteLength(raw) <= rowBytes ? reader.readAgain?.(row) : undefined;
    const faults = explainRow(again ?? reader.read(row), raw, contract, rowBytes);
    return { row, line: rows.lineOf(row), raw: rows.keptOf(row), faults };
  }
}
