import type { Contract } from './contract.ts';
import type { BatchStamp } from './judge-rows.ts';
import { isRow } from './row.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import {
  absentColumns,
  compileRowEncoder,
  type RowEncoder,
  type RowEncoderOptions,
  type RowOutcome,
} from './row-encoder.ts';
import type { RowReader } from './row-reader.ts';

/** The formats of https://clickhouse.com/docs/interfaces/formats/RowBinary that rows go out in one by one. */
type RowFormat = 'RowBinaryWithNamesAndTypes' | 'RowBinaryWithDefaults';

export interface RowWriter {
  readonly format: RowFormat;
  /** The columns that it has written, in order. */
  readonly columns: readonly string[];
  /** Writes a row; what it does not write it may leave in part. `mixed`: the row fits, but not in this format. */
  write(row: number, out: RowBinaryWriter): RowOutcome;
}

/**
 * Writes rows behind a header of names and types, which ClickHouse compares with the table: were a type changed since the contract
 * was read, the same bytes could be another value, and this insert fails instead. The format has no sign for an absent value, so
 * all rows leave out the same columns: those that the first good row leaves out.
 */
export function createTypedWriter(
  contract: Contract,
  stamp: BatchStamp,
  reader: RowReader,
  options: RowEncoderOptions,
): RowWriter {
  let absent: ReadonlySet<string> = new Set();
  let encode = compileRowEncoder(contract, stamp, { ...options, absent });
  let hasRows = false;
  let withDefaults: RowWriter | undefined;
  const scratch = new RowBinaryWriter(256);

  function begin(row: number, out: RowBinaryWriter): void {
    const missing = absentColumns(contract, reader.read(row), options);
    if (missing.size !== absent.size || [...missing].some((name) => !absent.has(name))) {
      absent = missing;
      encode = compileRowEncoder(contract, stamp, { ...options, absent });
    }
    out.truncate(0);
    writeHeader(contract, absent, out);
  }

  return {
    format: 'RowBinaryWithNamesAndTypes',
    get columns() {
      return contract.columns.map(({ name }) => name).filter((name) => !absent.has(name));
    },
    write(row, out) {
      // Also where the only row so far was undone, and the header with it.
      if (!hasRows || out.length === 0) begin(row, out);
      const outcome = writeRow(reader, encode, row, out);
      if (outcome === 'written') hasRows = true;
      if (outcome !== 'mixed') return outcome;
      withDefaults ??= createDefaultsWriter(contract, stamp, reader, options);
      scratch.truncate(0);
      return withDefaults.write(row, scratch) === 'written' ? 'mixed' : 'refused';
    },
  };
}

/** Writes rows that leave out different columns: one byte before each value says whether the column's DEFAULT is meant. */
export function createDefaultsWriter(
  contract: Contract,
  stamp: BatchStamp,
  reader: RowReader,
  options: RowEncoderOptions,
): RowWriter {
  const encode = compileRowEncoder(contract, stamp, options);
  return {
    format: 'RowBinaryWithDefaults',
    columns: contract.columns.map(({ name }) => name),
    write: (row, out) => writeRow(reader, encode, row, out),
  };
}

/** The header of a table's columns alone: an insert of no row, which fails where a type is not the contract's. */
export function headerBytes(contract: Contract): Buffer {
  const out = new RowBinaryWriter(1024);
  writeHeader(contract, new Set(), out);
  return out.written();
}

function writeHeader({ columns }: Contract, absent: ReadonlySet<string>, out: RowBinaryWriter): void {
  const written = columns.filter(({ name }) => !absent.has(name));
  out.varUint(written.length);
  for (const { name } of written) out.string(name);
  for (const { typeName } of written) out.string(typeName);
}

function writeRow(reader: RowReader, encode: RowEncoder, row: number, out: RowBinaryWriter): RowOutcome {
  const start = out.length;
  const value = reader.read(row);
  const outcome = isRow(value) ? encode(value, row, out) : 'refused';
  if (outcome !== 'refused') return outcome;
  const again = reader.readAgain?.(row);
  if (again === value || !isRow(again)) return 'refused';
  out.truncate(start);
  return encode(again, row, out);
}
