/** One measured figure beside its baseline, both taken in the same process. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'rows/s' | 'ms';
  readonly baseline: number;
  /** `value / baseline`. Of rows/s more is better, of ms less. */
  readonly ratio: number;
}

/** A figure rounded to what its noise allows. */
export function figure(name: string, unit: Figure['unit'], value: number, baseline: number): Figure {
  const digits = unit === 'ms' ? 3 : 0;
  const round = (number: number, places: number) => Number(number.toFixed(places));
  return {
    name,
    value: round(value, digits),
    unit,
    baseline: round(baseline, digits),
    ratio: round(value / baseline, 3),
  };
}

/** The figures as aligned columns, for people. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = [
    ['figure', 'value', 'baseline', 'unit', 'ratio'],
    ...figures.map(({ name, value, baseline, unit, ratio }) => [name, `${value}`, `${baseline}`, unit, `${ratio}`]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number) => column === 1 || column === 2 || column === 4;
  const align = (row: readonly string[]) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
    });
  return rows.map((row) => align(row).join('  ').trimEnd()).join('\n');
}
