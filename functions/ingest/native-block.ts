import { type Contract, type ContractColumn, ContractUnusableError } from './contract.ts';
import type { BatchStamp } from './judge-rows.ts';
import { type NativeColumn, openNativeColumn } from './native-column.ts';
import { isRow, type Row } from './row.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { isInherited, type RowOutcome } from './row-encoder.ts';

interface OpenColumn {
  readonly column: ContractColumn;
  readonly values: NativeColumn;
}

/** Rows of one batch, column by column. */
export interface Block {
  /** In table order. */
  readonly columns: readonly OpenColumn[];
  /** Of these, the ones whose values differ from row to row. */
  readonly varying: readonly OpenColumn[];
  /** The columns that every row leaves out, for the server to fill. */
  readonly absent: readonly ContractColumn[];
}

/** @param rows most rows that it will hold */
export function openBlock({ columns: all }: Contract, absent: ReadonlySet<string>, rows: number): Block {
  const columns = all
    .filter(({ name }) => !absent.has(name))
    .map((column) => ({ column, values: openNativeColumn(column.type, rows) }));
  const varying = columns.filter(({ column }) => column.kind === 'field' || column.name === '_row');
  return { columns, varying, absent: all.filter(({ name }) => absent.has(name)) };
}

/** What is added from here on can be undone. */
export function markBlock({ varying }: Block): void {
  for (const { values } of varying) values.mark();
}

export function undoBlock({ varying }: Block): void {
  for (const { values } of varying) values.undo();
}

/** A bound of the bytes that the values of any one row take. */
export function widestRow({ varying }: Block): number {
  return varying.reduce((sum, { values }) => sum + values.widest, 0);
}

/** A row, and what is found out about it. */
export interface Candidate {
  readonly row: number;
  readonly value: unknown;
  /** How many of its fields are columns. */
  used: number;
  /** `mixed`: it leaves out other columns than the block does. */
  outcome: RowOutcome;
}

/** Adds rows and says of each what it is. Where one is not `written`, the block is of no use until `undoBlock`. */
export function addCandidates({ varying, absent }: Block, candidates: readonly Candidate[]): void {
  for (const each of candidates) if (!isRow(each.value)) each.outcome = 'refused';
  const rows = candidates.filter(isRowCandidate);
  for (const { column, values } of varying) {
    if (column.kind === 'field') addField(column, values, rows);
    else for (const { row } of rows) values.add(row);
  }
  for (const column of absent) expectAbsent(column, rows);
  // Every field of the row is a column exactly when as many were used as there are.
  for (const each of rows) {
    let fields = 0;
    for (const _name in each.value) fields++;
    if (fields !== each.used) each.outcome = 'refused';
  }
}

type RowCandidate = Candidate & { readonly value: Row };

function isRowCandidate(each: Candidate): each is RowCandidate {
  return isRow(each.value);
}

type FieldColumn = Extract<ContractColumn, { kind: 'field' }>;

function addField({ name, type, hasDefault }: FieldColumn, values: NativeColumn, rows: readonly RowCandidate[]): void {
  const { nullable } = type;
  const inherited = isInherited(name);
  // As ClickHouse's own JSON formats do: null in a column that cannot hold it asks for the DEFAULT.
  const asksDefault = hasDefault && !nullable ? null : undefined;
  for (const each of rows) {
    const value = inherited && !Object.hasOwn(each.value, name) ? undefined : each.value[name];
    if (value !== undefined) each.used++;
    if (value === undefined || value === asksDefault) {
      if (hasDefault) markMixed(each);
      else if (nullable) values.add(null);
      else each.outcome = 'refused';
    } else if (values.add(value) !== undefined) each.outcome = 'refused';
  }
}

/** The server fills a column in all rows of a block, or in none. */
function expectAbsent({ name, type: { nullable } }: ContractColumn, rows: readonly RowCandidate[]): void {
  for (const each of rows) {
    const value = Object.hasOwn(each.value, name) ? each.value[name] : undefined;
    if (value === undefined) continue;
    each.used++;
    if (value !== null || nullable) markMixed(each);
  }
}

/** A row that is at fault elsewhere stays refused. */
function markMixed(each: Candidate): void {
  if (each.outcome === 'written') each.outcome = 'mixed';
}

/**
 * The block's bytes, the stamps among them: these are the same in all rows.
 *
 * @throws ContractUnusableError
 */
export function blockBytes({ columns }: Block, { table }: Contract, stamp: BatchStamp, rows: number): Buffer {
  const out = new RowBinaryWriter(rows * 256);
  out.varUint(columns.length);
  out.varUint(rows);
  for (const { column, values } of columns) {
    const { name, kind, typeName } = column;
    if (kind === 'stamp' && name !== '_row' && values.repeat(stamp[name], rows) !== undefined) {
      throw new ContractUnusableError(table, `the type of ${name} cannot hold what is stamped`);
    }
    out.string(name);
    out.string(typeName);
    values.writeTo(out);
  }
  return out.written();
}
