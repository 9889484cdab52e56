import { printable } from './printable.ts';

export type Cell = string | number | undefined;

/** Lines of columns as wide as they need be: numbers to the right, what is not known as `-`, and nothing that steers the terminal. */
export function formatTable(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  const lines = [head, ...rows].map((row) => row.map((cell) => printable(String(cell ?? '-'))));
  const widths = head.map((_name, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const isNumber = head.map((_name, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  return lines.map((line) =>
    line
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
