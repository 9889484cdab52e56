import { type Contract, type ContractColumn, ContractUnusableError } from './contract.ts';
import type { BatchStamp } from './judge-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

export type Row = Readonly<Record<string, unknown>>;

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Writes a whole row; false where it does not fit, and then perhaps a part of it. */
export type RowEncoder = (row: Row, index: number, out: RowBinaryWriter) => boolean;

/** Writes one column. Returns how many fields of the row it used up, undefined where the field does not fit. */
type Write = (row: Row, index: number, out: RowBinaryWriter) => 0 | 1 | undefined;

export interface RowEncoderOptions {
  /**
   * The rows were accepted under an earlier contract of the table, and a verdict stands: a field whose column is gone is left
   * out and a column that came since takes its default, as in the rows that were stored before the change. @default false
   */
  readonly accepted?: boolean;
}

/**
 * Compiles the contract for one batch. RowBinaryWithDefaults puts one byte before each value: 1 = take the column's
 * DEFAULT, 0 = the value follows. Stamps that lie side by side are the same bytes in every row, written as one piece.
 *
 * @throws ContractUnusableError where a stamped column's type cannot hold what is stamped
 */
export function compileRowEncoder(
  contract: Contract,
  stamp: BatchStamp,
  { accepted = false }: RowEncoderOptions = {},
): RowEncoder {
  const writes: Write[] = [];
  let constant = new RowBinaryWriter(256);
  const flush = () => {
    if (constant.length > 0) writes.push(writeConstant(constant.written()));
    constant = new RowBinaryWriter(256);
  };
  for (const column of contract.columns) {
    if (column.kind === 'stamp' && column.name !== '_row') {
      constant.byte(0);
      if (column.type.encode(stamp[column.name], constant) !== undefined) {
        throw new ContractUnusableError(contract.table, `the type of ${column.name} cannot hold what is stamped`);
      }
      continue;
    }
    flush();
    writes.push(column.kind === 'stamp' ? writeRowNumber(column) : writeField(column, accepted));
  }
  flush();

  return (row, index, out) => {
    let used = 0;
    for (const write of writes) {
      const taken = write(row, index, out);
      if (taken === undefined) return false;
      used += taken;
    }
    if (accepted) return true;
    // Every field of the row is a column exactly when as many were used as there are.
    for (const _name in row) used--;
    return used === 0;
  };
}

function writeConstant(bytes: Uint8Array): Write {
  return (_row, _index, out) => {
    out.bytes(bytes);
    return 0;
  };
}

function writeRowNumber({ type }: ContractColumn): Write {
  return (_row, index, out) => {
    out.byte(0);
    return type.encode(index, out) === undefined ? 0 : undefined;
  };
}

function writeField(column: Extract<ContractColumn, { kind: 'field' }>, accepted: boolean): Write {
  const { name, type, hasDefault } = column;
  const { encode, nullable } = type;
  // ClickHouse has a default for every type.
  const mayBeAbsent = hasDefault || (accepted && !nullable);
  // A parsed row inherits `constructor` and the like; any other name reads as undefined where it is absent.
  const inherited = name in {};
  return (row, _index, out) => {
    const value = inherited && !Object.hasOwn(row, name) ? undefined : row[name];
    if (value === undefined) {
      if (mayBeAbsent) out.byte(1);
      else if (nullable) out.int(FLAGGED_NULL, 2);
      else return undefined;
      return 0;
    }
    // As ClickHouse's own JSON formats do: null in a column that cannot hold it asks for the DEFAULT.
    if (value === null && hasDefault && !nullable) {
      out.byte(1);
      return 1;
    }
    out.byte(0);
    return encode(value, out) === undefined ? 1 : undefined;
  };
}

/** The bytes 0 (a value follows) and 1 (it is NULL), as a little-endian number. */
const FLAGGED_NULL = 0x0100;
