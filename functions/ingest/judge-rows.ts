import type { RowCode } from '../shared/codes.ts';
import type { Contract, ContractColumn, StampedColumn } from './contract.ts';
import type { ParsedRows } from './parse-rows.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

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
  readonly faults: readonly [RowFault, ...RowFault[]];
}

export interface RowsVerdict {
  /** The good rows as RowBinaryWithDefaults, every insertable column in table order. */
  readonly bytes: Buffer;
  readonly accepted: number;
  readonly refused: readonly RefusedRow[];
}

/** Bytes of RowBinary over which a row's JSON text might exceed the limit: an escape is at most six times its byte. */
const ESCAPE_FACTOR = 6;
const NAME_LENGTH = 128;

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
  const write = contract.columns.map((column) => compileWrite(column, stamp));
  const columns = new Map(contract.columns.map((column) => [column.name, column]));
  const overhead = contract.columns.reduce((sum, { name }) => sum + name.length + 32, 0);
  const refused: RefusedRow[] = [];

  for (const [row, value] of rows.values.entries()) {
    const start = out.length;
    if (isObject(value) && writeRow(value, row, write, columns, out)) {
      const most = (out.length - start) * ESCAPE_FACTOR + overhead;
      if (most <= rowBytes || Buffer.byteLength(rows.rawOf(row)) <= rowBytes) continue;
    }
    out.truncate(start);
    const raw = rows.rawOf(row);
    const faults = explain(value, raw, contract.columns, columns, rowBytes);
    refused.push({ row, line: rows.lineOf(row), raw, faults });
  }
  return { bytes: out.written(), accepted: rows.values.length - refused.length, refused };
}

type Row = Readonly<Record<string, unknown>>;
/** Writes one column of a row; false where it does not fit. Returns how many fields of the row it used up. */
type Write = (row: Row, index: number, out: RowBinaryWriter) => 0 | 1 | undefined;

function writeRow(
  row: Row,
  index: number,
  write: readonly Write[],
  columns: ReadonlyMap<string, ContractColumn>,
  out: RowBinaryWriter,
): boolean {
  let used = 0;
  for (const column of write) {
    const taken = column(row, index, out);
    if (taken === undefined) return false;
    used += taken;
  }
  // All fields are columns exactly when as many fields were used as there are.
  let fields = 0;
  for (const name in row) {
    if (columns.get(name)?.kind !== 'field') return false;
    fields++;
  }
  return fields === used;
}

// RowBinaryWithDefaults puts one byte before each value: 1 = take the column's DEFAULT, 0 = the value follows.
function compileWrite(column: ContractColumn, stamp: BatchStamp): Write {
  if (column.kind === 'stamp') return compileStamp(column, stamp);
  const { name, type, hasDefault } = column;
  const absent: Write = (_row, _index, out) => {
    if (hasDefault) out.byte(1);
    else if (type.nullable) out.int(0x0100, 2);
    else return undefined;
    return 0;
  };
  return (row, index, out) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === undefined) return absent(row, index, out);
    // As ClickHouse's own JSON formats do: null in a column that cannot hold it asks for the DEFAULT.
    if (value === null && hasDefault && !type.nullable) {
      out.byte(1);
      return 1;
    }
    out.byte(0);
    return type.encode(value, out) === undefined ? 1 : undefined;
  };
}

function compileStamp({ name, type }: Extract<ContractColumn, { kind: 'stamp' }>, stamp: BatchStamp): Write {
  if (name === '_row') {
    return (_row, index, out) => {
      out.byte(0);
      return type.encode(index, out) === undefined ? 0 : undefined;
    };
  }
  const value = new RowBinaryWriter(256);
  value.byte(0);
  const fault = type.encode(stamp[name], value);
  const bytes = Buffer.from(value.written());
  return (_row, _index, out) => {
    if (fault !== undefined) return undefined;
    out.bytes(bytes);
    return 0;
  };
}

function explain(
  value: unknown,
  raw: string,
  ordered: readonly ContractColumn[],
  columns: ReadonlyMap<string, ContractColumn>,
  rowBytes: number,
): readonly [RowFault, ...RowFault[]] {
  if (!isObject(value)) return [fault('', 'ROW_NOT_OBJECT', `expected a JSON object, saw ${kindOf(value)}`)];
  const size = Buffer.byteLength(raw);
  if (size > rowBytes) return [fault('', 'ROW_TOO_LARGE', `${size} bytes, at most ${rowBytes}`)];
  const faults: RowFault[] = [];
  for (const name of Object.keys(value)) {
    if (name.startsWith('_'))
      faults.push(fault(name, 'FIELD_RESERVED', 'names that begin with _ are set by the server'));
    else if (columns.get(name) === undefined) faults.push(fault(name, 'FIELD_UNKNOWN', 'the stream has no such field'));
  }
  const scratch = new RowBinaryWriter(256);
  for (const column of ordered) {
    if (column.kind === 'stamp') continue;
    const { name, type, hasDefault } = column;
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (field === undefined) {
      if (!hasDefault && !type.nullable) faults.push(fault(name, 'FIELD_MISSING', `required: ${type.expected}`));
      continue;
    }
    if (field === null && hasDefault) continue;
    scratch.truncate(0);
    const code = type.encode(field, scratch);
    if (code !== undefined) faults.push(fault(name, code, `expected ${type.expected}, saw ${kindOf(field)}`));
  }
  const [first, ...rest] = faults;
  // Only a stamp can be at fault now: the table's own stamped column has a type that cannot hold what we stamp.
  return first === undefined
    ? [fault('', 'FIELD_RESERVED', 'a stamped column of the table has an unfit type')]
    : [first, ...rest];
}

function fault(column: string, code: RowCode, message: string): RowFault {
  return { column: column.slice(0, NAME_LENGTH), code, message };
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
