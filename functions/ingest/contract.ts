import { createHash } from 'node:crypto';
import type { ColumnDescription } from './batch-store.ts';
import { type ColumnType, compileColumnType } from './column-type.ts';

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

export type StampedColumn = (typeof STAMPED_COLUMNS)[number];

export type ContractColumn =
  | { readonly kind: 'field'; readonly name: string; readonly type: ColumnType; readonly hasDefault: boolean }
  | { readonly kind: 'stamp'; readonly name: StampedColumn; readonly type: ColumnType };

/** What a table takes: every insertable column in table order. */
export interface Contract {
  readonly table: string;
  /** SHA-256 hex over names, types and default kinds; kept with what was judged by it. */
  readonly hash: string;
  readonly columns: readonly ContractColumn[];
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

/** Compiles a table's columns to its contract. @throws ContractUnusableError */
export function compileContract(table: string, described: readonly ColumnDescription[]): Contract {
  if (described.length === 0)
    throw new ContractUnusableError(table, 'it does not exist or the inspector may not see it');
  const columns = described.flatMap((column) => compileColumn(table, column));
  const missing = STAMPED_COLUMNS.find((name) => !columns.some((column) => column.name === name));
  if (missing !== undefined) throw new ContractUnusableError(table, `the stamped column ${missing} is missing`);
  const hash = createHash('sha256').update(JSON.stringify(described.map((c) => [c.name, c.type, c.defaultKind])));
  return { table, hash: hash.digest('hex'), columns };
}

function compileColumn(table: string, { name, type, defaultKind }: ColumnDescription): readonly ContractColumn[] {
  const stamp = STAMPED_COLUMNS.find((candidate) => candidate === name);
  if (stamp === undefined && name.startsWith('_')) {
    throw new ContractUnusableError(table, `column ${name} begins with _, and such names are edgehouse's`);
  }
  if (defaultKind === 'MATERIALIZED' || defaultKind === 'ALIAS') return [];
  const compiled = defaultKind === 'EPHEMERAL' ? undefined : compileColumnType(type);
  if (compiled === undefined) {
    throw new ContractUnusableError(
      table,
      `column ${name} is ${`${defaultKind} ${type}`.trim()}, which cannot be judged`,
    );
  }
  if (stamp !== undefined) return [{ kind: 'stamp', name: stamp, type: compiled }];
  return [{ kind: 'field', name, type: compiled, hasDefault: defaultKind === 'DEFAULT' }];
}
