import { BatchRefusedError } from '../shared/batch-refused-error.ts';

/** A field's text; undefined for an empty field without quotes, null for `\N` without quotes (ClickHouse's own NULL). */
export type CsvField = string | null | undefined;

/** Where a record is in its text. */
export interface CsvPlace {
  /** Where its text begins and ends, without the line's end. */
  readonly start: number;
  readonly end: number;
  /** Line of the text in which it begins, from 1. */
  readonly line: number;
}

export interface CsvRecord extends CsvPlace {
  readonly fields: readonly CsvField[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads CSV as RFC 4180 has it, with LF as well as CRLF: fields in double quotes may hold commas, line ends and doubled quotes;
 * spaces belong to the field. A BOM and blank lines are skipped. Where quotes or a lone CR leave in doubt where a record ends, the
 * whole body is refused rather than guessed at.
 *
 * Own code: csv-parse 7.0.3 took 45 ms for 10,000 rows of 256 bytes and 101 ms where it has to say which fields were quoted, and
 * 30 kB of bundle; this takes about 10 ms.
 *
 * @param take called with each record, the header first, until it has enough
 * @throws BatchRefusedError BODY_MALFORMED, naming the line and nothing of its text
 */
export function parseCsv(text: string, take: (record: CsvRecord) => 'enough' | undefined): void {
  const scanner: Scanner = { text, at: text.charCodeAt(0) === 0xfeff ? 1 : 0, line: 1 };
  while (scanner.at < text.length) {
    const start = scanner.at;
    const { line } = scanner;
    // A body of nothing else has millions of them.
    if (text.charCodeAt(start) === LF) {
      skipLineEnd(scanner);
      continue;
    }
    const fields = readFields(scanner);
    const end = scanner.at;
    skipLineEnd(scanner);
    const isBlank = fields.length === 1 && fields[0] === undefined;
    if (!isBlank && take({ fields, start, end, line }) === 'enough') return;
  }
}

/** The fields of a record that has been parsed before. */
export function readCsvFields(text: string, { start, line }: CsvPlace): readonly CsvField[] {
  return readFields({ text, at: start, line });
}

interface Scanner {
  readonly text: string;
  at: number;
  line: number;
}

function readFields(scanner: Scanner): readonly CsvField[] {
  const { text } = scanner;
  const fields: CsvField[] = [];
  for (;;) {
    fields.push(text.charCodeAt(scanner.at) === QUOTE ? readQuoted(scanner) : readPlain(scanner));
    if (text.charCodeAt(scanner.at) !== COMMA) return fields;
    scanner.at++;
  }
}

function readPlain(scanner: Scanner): CsvField {
  const { text, at: start } = scanner;
  let at = start;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > COMMA) continue;
    if (unit === COMMA || unit === LF) break;
    if (unit === CR) {
      if (text.charCodeAt(at + 1) === LF) break;
      throw malformed(scanner.line, 'a carriage return without a line feed');
    }
    if (unit === QUOTE) throw malformed(scanner.line, 'a quote inside a field without quotes');
  }
  scanner.at = at;
  if (at === start) return undefined;
  const field = text.slice(start, at);
  return field === '\\N' ? null : field;
}

function readQuoted(scanner: Scanner): string {
  const { text, line } = scanner;
  const start = scanner.at + 1;
  let close = text.indexOf('"', start);
  let doubled = false;
  while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) {
    doubled = true;
    close = text.indexOf('"', close + 2);
  }
  if (close < 0) throw malformed(line, 'a quote that is never closed');
  const field = text.slice(start, close);
  for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) scanner.line++;
  scanner.at = close + 1;
  const next = text.charCodeAt(scanner.at);
  const ends = next === COMMA || next === LF || scanner.at === text.length;
  if (!ends && !(next === CR && text.charCodeAt(scanner.at + 1) === LF)) {
    throw malformed(scanner.line, 'text behind a closing quote');
  }
  return doubled ? field.replaceAll('""', '"') : field;
}

function skipLineEnd(scanner: Scanner): void {
  if (scanner.text.charCodeAt(scanner.at) === CR) scanner.at++;
  scanner.at++;
  scanner.line++;
}

function malformed(line: number, what: string): BatchRefusedError {
  return new BatchRefusedError('BODY_MALFORMED', `Line ${line} is not CSV: ${what}.`);
}
