import { type ColumnType, isZeroUnreadable } from './column-types/column-type-parts.ts';
import { type Contract, type ContractColumn, ContractUnusableError } from './contract.ts';
import type { BatchStamp } from './judge-rows.ts';
import { hasEqualLengths } from './nested-lengths.ts';
import { isRow, type Row } from './row.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

/** `mixed`: the row leaves out other columns than those before it. What was not written may be there in part. */
export type RowOutcome = 'written' | 'refused' | 'mixed';

export type RowEncoder = (row: Row, index: number, out: RowBinaryWriter) => RowOutcome;

/** Writes one column. Returns how many fields of the row it used up, or one of the two below. */
type Write = (row: Row, index: number, out: RowBinaryWriter) => number;

const REFUSED = -1;
const MIXED = -2;

export interface RowEncoderOptions {
  /**
   * The rows were accepted under an earlier contract of the table, and a verdict stands: a field whose column is gone is left
   * out and a column that came since takes its default, as in the rows that were stored before the change. @default false
   */
  readonly accepted?: boolean;
  /**
   * The columns that every row leaves out: values follow one another, as in RowBinary.
   * @default each value has one byte before it, 1 for the column's DEFAULT and 0 for a value that follows, as in RowBinaryWithDefaults
   */
  readonly absent?: ReadonlySet<string>;
}

/**
 * Compiles the contract for one batch. Stamps that lie side by side are the same bytes in every row, written as one piece.
 *
 * @throws ContractUnusableError where a stamped column's type cannot hold what is stamped
 */
export function compileRowEncoder(contract: Contract, stamp: BatchStamp, options: RowEncoderOptions = {}): RowEncoder {
  const isFlagged = options.absent === undefined;
  const writes: Write[] = [];
  let constant = new RowBinaryWriter(256);
  const flush = () => {
    if (constant.length > 0) writes.push(writeConstant(constant.written()));
    constant = new RowBinaryWriter(256);
  };
  for (const column of contract.columns) {
    if (column.kind === 'stamp' && column.name !== '_row') {
      if (isFlagged) constant.byte(0);
      if (column.type.encode(stamp[column.name], constant) !== undefined) {
        throw new ContractUnusableError(contract.table, `the type of ${column.name} cannot hold what is stamped`);
      }
      continue;
    }
    flush();
    writes.push(writerOf(column, contract, options));
  }
  flush();

  const { nested } = contract;
  const { accepted = false } = options;
  return (row, index, out) => {
    let used = 0;
    for (const write of writes) {
      const taken = write(row, index, out);
      if (taken < 0) return taken === MIXED ? 'mixed' : 'refused';
      used += taken;
    }
    if (nested.length > 0 && !nested.every((group) => hasEqualLengths(group, row))) return 'refused';
    if (accepted) return 'written';
    // Every field of the row is a column exactly when as many were used as there are.
    for (const _name in row) used--;
    return used === 0 ? 'written' : 'refused';
  };
}

/** The columns that a row leaves out and that the server then fills. */
export function absentColumns(
  { columns }: Contract,
  row: unknown,
  { accepted = false }: RowEncoderOptions,
): ReadonlySet<string> {
  const absent = new Set<string>();
  if (!isRow(row)) return absent;
  for (const column of columns) {
    if (column.kind !== 'field') continue;
    const { name, type, hasDefault } = column;
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    const asksDefault = value === undefined || (value === null && hasDefault && !type.nullable);
    if (asksDefault && (hasDefault || (accepted && !type.nullable))) absent.add(name);
  }
  return absent;
}

function writerOf(column: ContractColumn, contract: Contract, options: RowEncoderOptions): Write {
  const isFlagged = options.absent === undefined;
  switch (column.kind) {
    case 'stamp':
      return writeRowNumber(column, isFlagged);
    case 'rest':
      return writeRest(column, contract, isFlagged);
    case 'field':
      return isFlagged ? writeFlagged(column, options) : writeTyped(column, options);
  }
}

function writeConstant(bytes: Uint8Array): Write {
  return (_row, _index, out) => {
    out.bytes(bytes);
    return 0;
  };
}

function writeRowNumber({ type }: ContractColumn, isFlagged: boolean): Write {
  return (_row, index, out) => {
    if (isFlagged) out.byte(0);
    return type.encode(index, out) === undefined ? 0 : REFUSED;
  };
}

type FieldColumn = Extract<ContractColumn, { kind: 'field' }>;

function writeFlagged({ name, type, hasDefault }: FieldColumn, { accepted = false }: RowEncoderOptions): Write {
  const { encode, nullable, whenAbsent } = type;
  const isFilled = !hasDefault && accepted && isZeroUnreadable(type);
  // ClickHouse has a default for every other type.
  const mayBeAbsent = hasDefault || (accepted && !nullable && !isFilled);
  const inherited = isInherited(name);
  return (row, _index, out) => {
    const value = inherited && !Object.hasOwn(row, name) ? undefined : row[name];
    if (value === undefined) {
      if (mayBeAbsent) out.byte(1);
      else if (nullable) out.int(FLAGGED_NULL, 2);
      else if (isFilled) {
        out.byte(0);
        return encode(whenAbsent, out) === undefined ? 0 : REFUSED;
      } else return REFUSED;
      return 0;
    }
    // As ClickHouse's own JSON formats do: null in a column that cannot hold it asks for the DEFAULT.
    if (value === null && hasDefault && !nullable) {
      out.byte(1);
      return 1;
    }
    out.byte(0);
    return encode(value, out) === undefined ? 1 : REFUSED;
  };
}

function writeTyped({ name, type, hasDefault }: FieldColumn, { accepted = false, absent }: RowEncoderOptions): Write {
  const { encode, nullable } = type;
  const isAbsent = absent?.has(name) === true;
  const mayBeAbsent = hasDefault || (accepted && !nullable);
  const inherited = isInherited(name);
  if (!mayBeAbsent && !inherited) return writeOwn(name, type);
  return (row, _index, out) => {
    const value = inherited && !Object.hasOwn(row, name) ? undefined : row[name];
    if (value === undefined) {
      if (isAbsent) return 0;
      if (mayBeAbsent) return MIXED;
      return nullable ? writeNull(out) : REFUSED;
    }
    if (value === null && hasDefault && !nullable) return isAbsent ? 1 : MIXED;
    if (isAbsent) return MIXED;
    return encode(value, out) === undefined ? 1 : REFUSED;
  };
}

/** What most columns are. */
function writeOwn(name: string, { encode, nullable }: ColumnType): Write {
  return (row, _index, out) => {
    const value = row[name];
    if (value === undefined) return nullable ? writeNull(out) : REFUSED;
    return encode(value, out) === undefined ? 1 : REFUSED;
  };
}

function writeNull(out: RowBinaryWriter): 0 {
  out.byte(1);
  return 0;
}

/** A parsed row inherits `constructor` and the like; any other name reads as undefined where it is absent. */
export function isInherited(name: string): boolean {
  return name in {};
}

function writeRest({ name: own, type }: ContractColumn, { columns }: Contract, isFlagged: boolean): Write {
  const known = new Set(columns.map(({ name }) => name));
  return (row, _index, out) => {
    // Without a prototype: names that no row had before are five to ten times slower in an object of its usual kind.
    const unknown: Record<string, unknown> = Object.create(null);
    let kept = 0;
    for (const name of Object.keys(row)) {
      if (name === own || name.startsWith('_')) return REFUSED;
      if (known.has(name)) continue;
      unknown[name] = row[name];
      kept++;
    }
    if (isFlagged) out.byte(0);
    return type.encode(unknown, out) === undefined ? kept : REFUSED;
  };
}

/** The bytes 0 (a value follows) and 1 (it is NULL), as a little-endian number. */
const FLAGGED_NULL = 0x0100;
