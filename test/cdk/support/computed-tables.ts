/** Names and their numbers. */
export type Values = Readonly<Record<string, number>>;

/** A cell of a table that says how it is computed. */
export interface ComputedCell {
  /** Name of the row, as later rows may use it. */
  readonly row: string;
  /** The case, as the head of the column says it: `rows=10`. */
  readonly column: string;
  readonly says: string;
  readonly computed: number;
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The numbers of every table of a page whose first head is `name`; where there is a column `for`, a number is for so many. */
export function namedValues(page: string): Values {
  const tables = tablesOf(page).filter(({ head }) => head[0] === 'name');
  return Object.fromEntries(
    tables.flatMap(({ head, rows }) =>
      rows.map((cells) => {
        const per = head.indexOf('for');
        return [plain(cells[0]), numberIn(cells[1]) / (per < 0 ? 1 : numberIn(cells[per]))] as const;
      }),
    ),
  );
}

/**
 * Computes every cell of the tables that have a column `how`: each column after it is a case, whose head gives values (`rows=10`). A row
 * may use the rows above it: of its own case by their names, of another as `total-of-10`.
 *
 * @param of the values of a case that the page does not say. @default none
 */
export function computedCells(page: string, of: (given: Values) => Values = () => ({})): readonly ComputedCell[] {
  const known: Record<string, number> = { ...namedValues(page) };
  const above = new Map<string, Record<string, number>>();
  return tablesOf(page).flatMap(({ head, rows }) => {
    const how = head.indexOf('how');
    if (how < 0) return [];
    return rows.flatMap((cells) =>
      head.slice(how + 1).map((column, at) => {
        const given = Object.fromEntries(
          [...column.matchAll(/(\w+)=([\d,]+)/g)].map(([, name, value]) => [name, numberIn(value)]),
        );
        const results = above.get(column) ?? {};
        above.set(column, results);
        const row = plain(cells[0]);
        const computed = evaluate(plain(cells[how]), { ...known, ...of(given), ...given, ...results });
        results[row] = computed;
        known[[row, ...Object.values(given)].join('-of-')] = computed;
        return { row, column, says: cells[how + 1 + at] ?? '', computed };
      }),
    );
  });
}

/** The number as the cell writes it: with as many decimals, and commas between the thousands. */
export function asIn(says: string, value: number): string {
  const digits = says.split('.')[1]?.length ?? 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function tablesOf(page: string): readonly Table[] {
  const blocks = page.split(/\n(?!\|)/).map((block) => block.split('\n').filter((line) => line.startsWith('|')));
  return blocks
    .filter((lines) => lines.length > 2)
    .map(([head = '', , ...rows]) => ({ head: cellsOf(head), rows: rows.map(cellsOf) }));
}

function cellsOf(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function plain(cell = ''): string {
  return cell.replaceAll('`', '');
}

function numberIn(cell = ''): number {
  const value = Number(cell.replaceAll(',', ''));
  if (!Number.isFinite(value) || cell === '') throw new Error(`${cell}: expected a number`);
  return value;
}

const FUNCTIONS: Readonly<Record<string, (of: readonly number[]) => number>> = {
  max: (of) => Math.max(...of),
  min: (of) => Math.min(...of),
  ceil: ([of = Number.NaN]) => Math.ceil(of),
};

/** Sums, products, brackets, and `max`, `min` and `ceil`; the signs as people write them. */
function evaluate(text: string, values: Values): number {
  const tokens = text.match(/[a-z][a-z0-9-]*|\d[\d.]*|[+−×÷(),]/g) ?? [];
  let at = 0;
  const sum = (): number => {
    let value = product();
    for (; tokens[at] === '+' || tokens[at] === '−'; ) value += tokens[at++] === '+' ? product() : -product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    for (; tokens[at] === '×' || tokens[at] === '÷'; ) value *= tokens[at++] === '×' ? factor() : 1 / factor();
    return value;
  };
  const bracket = (): number[] => {
    at++;
    const inside = [sum()];
    while (tokens[at] === ',') {
      at++;
      inside.push(sum());
    }
    if (tokens[at++] !== ')') throw new Error(`${text}: expected )`);
    return inside;
  };
  const factor = (): number => {
    if (tokens[at] === '(') return bracket()[0] ?? Number.NaN;
    const token = tokens[at++] ?? '';
    if (/^\d/.test(token)) return Number(token);
    const run = FUNCTIONS[token];
    if (run !== undefined) return run(bracket());
    const value = values[token];
    if (value === undefined) throw new Error(`${text}: nothing says what ${token} is`);
    return value;
  };
  const result = sum();
  if (at !== tokens.length) throw new Error(`${text}: not understood from ${tokens[at]}`);
  return result;
}
