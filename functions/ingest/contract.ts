import { createHash } from 'node:crypto';
import type { ColumnDescription } from './batch-store.ts';
import { compileColumnType } from './column-type.ts';
import { type ColumnType, type Digits, mostDigits } from './column-types/column-type-parts.ts';
import { findNestedGroups, type NestedGroup } from './nested-lengths.ts';

/** The columns that edgehouse stamps on every row (design §3.5); a table of ours has them all. */
export const STAMPED_COLUMNS = [
  '_batch_id',
  '_batch_digest',
  '_batch_rows',
  '_row',
  '_principal',
  '_auth',
  '_trust',
  '_source',
  '_region',
  '_received_at',
] as const;

/** What two attempts at a batch can differ in: each is a request of its own. */
const STAMPED_BY_ATTEMPT: readonly StampedColumn[] = ['_auth', '_trust', '_source', '_region', '_received_at'];

export type StampedColumn = (typeof STAMPED_COLUMNS)[number];

export type ContractColumn = {
  readonly type: ColumnType;
  /** As `system.columns` writes it, and as ClickHouse compares it when rows come with their types. */
  readonly typeName: string;
} & (
  | { readonly kind: 'field'; readonly name: string; readonly hasDefault: boolean }
  | { readonly kind: 'stamp'; readonly name: StampedColumn }
  /** A JSON column that keeps the fields which have no column of their own (the stream's `unknownFields`). */
  | { readonly kind: 'rest'; readonly name: string }
);

/** What a table takes: every insertable column in table order. */
export interface Contract {
  readonly table: string;
  /** SHA-256 hex over names, types and default kinds; kept with what was judged by it. */
  readonly hash: string;
  readonly columns: readonly ContractColumn[];
  /** What its columns need of JSON numbers beyond a double. */
  readonly digits: Digits;
  readonly nested: readonly NestedGroup[];
}

/** A table that edgehouse cannot serve; the reason names the column. */
export class ContractUnusableError extends Error {
  override readonly name = 'ContractUnusableError';
  readonly code = 'CONTRACT_UNUSABLE';
  readonly retryable = false;
  constructor(table: string, reason: string) {
    super(`Table ${table} cannot be used as a stream: ${reason}. Change the table by a migration.`);
  }
}

/**
 * Compiles a table's columns to its contract.
 *
 * @param rest the JSON column that keeps unknown fields; undefined where a row that has one is refused
 * @throws ContractUnusableError
 */
export function compileContract(table: string, described: readonly ColumnDescription[], rest?: string): Contract {
  if (described.length === 0)
    throw new ContractUnusableError(table, 'it does not exist or the inspector may not see it');
  const unsteady = described.find((column) => column.isInPartitionKey && !isSameInEachAttempt(column));
  if (unsteady !== undefined) {
    throw new ContractUnusableError(
      table,
      `column ${unsteady.name} is in its partition key and can differ when a batch is sent again, which ClickHouse would then store twice`,
    );
  }
  const columns = described.flatMap((column) => compileColumn(table, column, rest));
  const missing = STAMPED_COLUMNS.find((name) => !columns.some((column) => column.name === name));
  if (missing !== undefined) throw new ContractUnusableError(table, `the stamped column ${missing} is missing`);
  if (rest !== undefined && !columns.some(({ kind }) => kind === 'rest')) {
    throw new ContractUnusableError(table, `the column ${rest}, which is to keep unknown fields, is missing`);
  }
  const facts = described.map((column) => [column.name, column.type, column.defaultKind]);
  const hash = createHash('sha256').update(JSON.stringify(rest === undefined ? facts : [...facts, { rest }]));
  return {
    table,
    hash: hash.digest('hex'),
    columns,
    digits: mostDigits(columns.map(({ type }) => type)),
    nested: findNestedGroups(described),
  };
}

/** What a batch itself fills: ClickHouse looks for an insert's deduplication token only in the partitions of its rows (ADR 18). */
function isSameInEachAttempt({ name, defaultKind }: ColumnDescription): boolean {
  return defaultKind === '' && !STAMPED_BY_ATTEMPT.some((stamp) => stamp === name);
}

function compileColumn(
  table: string,
  { name, type, defaultKind }: ColumnDescription,
  rest: string | undefined,
): readonly ContractColumn[] {
  const stamp = STAMPED_COLUMNS.find((candidate) => candidate === name);
  if (stamp === undefined && name.startsWith('_')) {
    throw new ContractUnusableError(table, `column ${name} begins with _, and such names are edgehouse's`);
  }
  // The table computes them, and ClickHouse refuses an insert that names one.
  if (defaultKind === 'MATERIALIZED' || defaultKind === 'ALIAS') return [];
  const compiled = compileColumnType(type);
  if (compiled === undefined) {
    throw new ContractUnusableError(
      table,
      `column ${name} is ${`${defaultKind} ${type}`.trim()}, which cannot be judged`,
    );
  }
  if (stamp !== undefined) return [{ kind: 'stamp', name: stamp, type: compiled, typeName: type }];
  if (name === rest) {
    if (/^JSON\b/.test(type)) return [{ kind: 'rest', name, type: compiled, typeName: type }];
    throw new ContractUnusableError(table, `column ${name} keeps unknown fields, so it must be JSON and not ${type}`);
  }
  // An EPHEMERAL column is not stored: it can be sent for the DEFAULT of another column to use, and has a default itself.
  const hasDefault = defaultKind === 'DEFAULT' || defaultKind === 'EPHEMERAL';
  return [{ kind: 'field', name, type: compiled, typeName: type, hasDefault }];
}
