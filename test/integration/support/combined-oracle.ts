// What a combined-format log holds, worked out a second time with no code of the project, by cutting each line at its quotes.

export interface LogFacts {
  /** Lines, whether or not they are whole. */
  readonly lines: number;
  /** Numbers, from 1, of the lines that are not whole. */
  readonly refused: readonly number[];
  /** How many whole lines ask for a path, by path. */
  readonly paths: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Whole lines whose bytes are `-`. */
  readonly withoutBytes: number;
}

/** Whole is a line with three quoted fields, none holding a quote: so are all lines of the logs that this judges. */
export function readLogFacts(text: string): LogFacts {
  const lines = text.split('\n').filter((line) => line !== '');
  const refused: number[] = [];
  const paths = new Map<string, number>();
  const statuses = new Map<string, number>();
  let bytes = 0;
  let withoutBytes = 0;
  for (const [index, line] of lines.entries()) {
    const cut = line.split('"');
    if (cut.length !== 7) {
      refused.push(index + 1);
      continue;
    }
    const [, request = '', numbers = ''] = cut;
    const path = /^\S+ ([^ ?]*)/.exec(request)?.[1] ?? '';
    const [status = '', size = ''] = numbers.trim().split(' ');
    paths.set(path, (paths.get(path) ?? 0) + 1);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (size === '-') withoutBytes++;
    else bytes += Number(size);
  }
  return {
    lines: lines.length,
    refused,
    paths: Object.fromEntries(paths),
    statuses: Object.fromEntries(statuses),
    bytes,
    withoutBytes,
  };
}

/** The line of a generated log that is cut short, as line 8899 of the real one is. */
export const GENERATED_CUT_LINE = 889;

/** A log of 1,000 lines with what the real one has: queries, `-` for bytes, several statuses, one line cut short. */
export function generateLog(): string {
  const lines = Array.from({ length: 1_000 }, (_, index) => {
    const number = index + 1;
    const target = `/articles/${number % 37}${number % 5 === 0 ? `?page=${number % 11}` : ''}`;
    const notModified = number % 13 === 0;
    const [status, bytes] = notModified ? [304, '-'] : [number % 29 === 0 ? 404 : 200, String(number * 31)];
    const time = `17/May/2015:10:${two(number % 60)}:${two(number % 59)} +0000`;
    const agent = number === GENERATED_CUT_LINE ? '"Mozilla/5.0 (cut' : '"Mozilla/5.0 (X11; Linux x86_64)"';
    return `192.0.2.${number % 250} - - [${time}] "GET ${target} HTTP/1.1" ${status} ${bytes} "-" ${agent}`;
  });
  return `${lines.join('\n')}\n`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
