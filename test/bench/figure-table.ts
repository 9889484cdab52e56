import type { Figure } from './figure.ts';
import { INGEST_MEASURES } from './measure-ingest.ts';
import { OWN_PART } from './measure-own-part.ts';

const { rows, ceiling, unstored, cpu } = INGEST_MEASURES;

/** What stands of a batch in one line: the measure, and whether its value is shown beside its ratio. */
const COLUMNS: readonly {
  readonly head: string;
  readonly measure: string;
  readonly cell: (figure: Figure) => string;
}[] = [
  { head: 'rows/s', measure: rows, cell: valueCell },
  { head: '÷ hand-written', measure: rows, cell: ratioCell },
  { head: '÷ raw bytes', measure: ceiling, cell: ratioCell },
  { head: 'Null table', measure: unstored, cell: ratioCell },
  { head: 'CPU ms/MB', measure: cpu, cell: valueCell },
  { head: '÷ hand-written', measure: cpu, cell: ratioCell },
  { head: 'own part ms', measure: OWN_PART, cell: valueCell },
  { head: '÷ hand-written', measure: OWN_PART, cell: ratioCell },
];

/** The figures as two tables of Markdown: a line for each batch through ingest, then a line for each other figure. */
export function figureTables(figures: readonly Figure[]): string {
  const measures = new Set(COLUMNS.map(({ measure }) => measure));
  const ofBatches = figures.filter((figure) => measures.has(measureOf(figure)));
  const others = figures.filter((figure) => !ofBatches.includes(figure));
  const subjects = [...new Set(ofBatches.map(subjectOf))];
  const lines = subjects.map((subject) => [
    subject,
    ...COLUMNS.map(({ measure, cell }) => {
      const found = ofBatches.find((figure) => measureOf(figure) === measure && subjectOf(figure) === subject);
      return found === undefined ? '' : cell(found);
    }),
  ]);
  return [
    ...(lines.length > 0 ? [markdown(['ingest', ...COLUMNS.map(({ head }) => head)], lines)] : []),
    ...(others.length > 0 ? [markdown(['figure', 'value', 'unit', 'baseline', 'ratio'], others.map(otherLine))] : []),
  ].join('\n\n');
}

function otherLine(figure: Figure): readonly string[] {
  const { name, unit, baseline, most } = figure;
  const shownMost = most === undefined ? '' : `, at most ${most}`;
  return [name, valueCell(figure), `${unit}${shownMost}`, `${baseline ?? ''}`, ratioCell(figure)];
}

function valueCell({ value }: Figure): string {
  return `${value}`;
}

/** The ratio, and between which two half of the rounds were. */
function ratioCell({ ratio, ratioP25, ratioP75 }: Figure): string {
  if (ratio === undefined) return '';
  if (ratioP25 === undefined || ratioP75 === undefined) return ratio.toFixed(2);
  return `${ratio.toFixed(2)} (${ratioP25.toFixed(2)}–${ratioP75.toFixed(2)})`;
}

function measureOf({ name }: Figure): string {
  return name.slice(0, name.indexOf(', '));
}

function subjectOf({ name }: Figure): string {
  return name.slice(name.indexOf(', ') + 2);
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_name, column) => Math.max(3, ...all.map((line) => line[column]?.length ?? 0)));
  const row = (line: readonly string[]) =>
    `| ${widths.map((width, column) => (line[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [row(head), rule, ...lines.map(row)].join('\n');
}
