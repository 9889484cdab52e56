import type { ColumnDescription } from './batch-store.ts';
import type { Row } from './row.ts';

/** Columns of one Nested structure, `orders.id` and `orders.price`: ClickHouse refuses arrays of different lengths (code 190). */
export type NestedGroup = readonly string[];

export function findNestedGroups(described: readonly ColumnDescription[]): readonly NestedGroup[] {
  const groups = new Map<string, string[]>();
  for (const { name, type, defaultKind } of described) {
    const dot = name.indexOf('.');
    if (dot <= 0 || !type.startsWith('Array(') || defaultKind === 'MATERIALIZED' || defaultKind === 'ALIAS') continue;
    const prefix = name.slice(0, dot);
    groups.set(prefix, [...(groups.get(prefix) ?? []), name]);
  }
  return [...groups.values()].filter((names) => names.length > 1);
}

/** Whether the row has all arrays of the group in one length, or none of them. */
export function hasEqualLengths(group: NestedGroup, row: Row): boolean {
  const lengths = new Set(group.map((name) => lengthOf(Object.hasOwn(row, name) ? row[name] : undefined)));
  return lengths.size === 1;
}

function lengthOf(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}
