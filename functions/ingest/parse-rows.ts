import { isUtf8 } from 'node:buffer';
import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { boundStructures } from './bound-structures.ts';
import { csvRows } from './csv-rows.ts';
import { endOfString } from './exact-number.ts';
import type { CsvField, CsvPlace } from './parse-csv.ts';

interface BodyRows<T> {
  /** As many as the body has rows. */
  readonly values: readonly T[];
  /** The row's own text. */
  rawOf(row: number): string;
  /** What quarantine keeps of the row: its own text or, where that says nothing without the header, the names too. */
  keptOf(row: number): string;
  /** The row's line in the body, from 1, where the format has lines. */
  lineOf(row: number): number | undefined;
}

/** Rows whose values JSON has typed already. */
export interface JsonRows extends BodyRows<unknown> {
  readonly format: 'json';
  /** The whole body, where it is in memory as one text. */
  readonly text: string | undefined;
}

/** Rows of texts: what they mean, the table's columns say. */
export interface CsvRows extends BodyRows<CsvPlace> {
  readonly format: 'csv';
  readonly fieldsOf: (place: CsvPlace) => readonly CsvField[];
  /** The header's, no two the same. */
  readonly names: readonly string[];
}

/** The rows of a body, not yet judged. */
export type ParsedRows = JsonRows | CsvRows;

export const MEDIA_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const;

export type MediaType = (typeof MEDIA_TYPES)[number];

/**
 * Parses a body. Of duplicate keys the last wins, as `JSON.parse` has it.
 *
 * @throws BatchRefusedError BODY_MALFORMED, BODY_TOO_LARGE
 */
export function parseRows(body: Buffer | string, mediaType: MediaType): ParsedRows {
  if (typeof body !== 'string' && !isUtf8(body)) {
    throw new BatchRefusedError('BODY_MALFORMED', 'The body is not valid UTF-8.');
  }
  boundStructures(body);
  switch (mediaType) {
    case 'application/json':
      return parseArray(body.toString());
    case 'application/x-ndjson':
      return parseLines(body);
    case 'text/csv':
      return csvRows(body.toString());
  }
}

function parseArray(text: string): JsonRows {
  const values = parseJson(text, 'The body is not JSON');
  if (!Array.isArray(values)) throw new BatchRefusedError('BODY_MALFORMED', 'The body is JSON but not an array.');
  let slices: readonly string[] | undefined;
  const rawOf = (row: number) => {
    slices ??= elementTexts(text);
    return slices[row] ?? '';
  };
  return {
    format: 'json',
    text,
    values,
    rawOf,
    keptOf: rawOf,
    lineOf: () => undefined,
  };
}

const LF = 0x0a;

/** Line by line also in memory: a body that came as bytes is never there as a text as well. */
function parseLines(body: Buffer | string): JsonRows {
  const textOf =
    typeof body === 'string'
      ? (start: number, end: number) => body.slice(start, end)
      : (start: number, end: number) => body.toString('utf8', start, end);
  const unitAt = typeof body === 'string' ? (at: number) => body.charCodeAt(at) : (at: number) => body[at];
  const values: unknown[] = [];
  const rows: { readonly line: number; readonly start: number; readonly end: number }[] = [];
  // Of more rows than any stream takes only one is read, for the refusal.
  for (let start = 0, line = 1; start < body.length && rows.length <= STREAM_LIMITS.rows; line++) {
    // A body of nothing else has millions of them.
    if (unitAt(start) === LF) {
      start++;
      continue;
    }
    const next = body.indexOf('\n', start);
    const end = next < 0 ? body.length : next;
    const row = textOf(start, end);
    if (!isBlank(row)) {
      values.push(parseJson(row, `Line ${line} is not JSON`));
      rows.push({ line, start, end });
    }
    start = end + 1;
  }
  const rawOf = (row: number) => textOf(rows[row]?.start ?? 0, rows[row]?.end ?? 0);
  return {
    format: 'json',
    text: typeof body === 'string' ? body : undefined,
    values,
    rawOf,
    keptOf: rawOf,
    lineOf: (row) => rows[row]?.line,
  };
}

/** Blank as JSON sees it: spaces, tabs and the CR of a CRLF. */
function isBlank(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}

function parseJson(text: string, problem: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text, which is row data.
    throw new BatchRefusedError('BODY_MALFORMED', `${problem}.`);
  }
}

/** The text of each element of a JSON array that has already been parsed, so that only strings and depth matter. */
export function elementTexts(text: string): readonly string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = text.indexOf('[') + 1;
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) at = endOfString(text, at);
    else if (unit === 0x5b || unit === 0x7b) depth++;
    else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth--;
    else if (depth === 0 && (unit === 0x2c || unit === 0x5d)) {
      elements.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return elements;
}
