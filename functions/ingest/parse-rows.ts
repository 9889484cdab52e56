import { isUtf8 } from 'node:buffer';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';

/** The rows of a body, not yet judged. */
export interface ParsedRows {
  readonly values: readonly unknown[];
  /** The row's own text, for its size and for quarantine. */
  rawOf(row: number): string;
  /** The row's line in the body, from 1, where the format has lines. */
  lineOf(row: number): number | undefined;
}

export type MediaType = 'application/json' | 'application/x-ndjson';

/** Parses a body. Of duplicate keys the last wins, as `JSON.parse` has it. @throws BatchRefusedError BODY_MALFORMED */
export function parseRows(body: Buffer, mediaType: MediaType): ParsedRows {
  if (!isUtf8(body)) throw new BatchRefusedError('BODY_MALFORMED', 'The body is not valid UTF-8.');
  const text = body.toString('utf8');
  return mediaType === 'application/json' ? parseArray(text) : parseLines(text);
}

function parseArray(text: string): ParsedRows {
  const values = parseJson(text, 'The body is not JSON');
  if (!Array.isArray(values)) throw new BatchRefusedError('BODY_MALFORMED', 'The body is JSON but not an array.');
  let slices: readonly string[] | undefined;
  return {
    values,
    rawOf: (row) => {
      slices ??= elementTexts(text);
      return slices[row] ?? '';
    },
    lineOf: () => undefined,
  };
}

function parseLines(text: string): ParsedRows {
  const values: unknown[] = [];
  const rows: { readonly line: number; readonly text: string }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (isBlank(line)) continue;
    values.push(parseJson(line, `Line ${index + 1} is not JSON`));
    rows.push({ line: index + 1, text: line });
  }
  return { values, rawOf: (row) => rows[row]?.text ?? '', lineOf: (row) => rows[row]?.line };
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

function endOfString(text: string, quote: number): number {
  let at = quote + 1;
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at;
}
