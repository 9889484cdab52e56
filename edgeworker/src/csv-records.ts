/** Where a record of a CSV text lies: no text of it is copied until it is needed, for memory is 2 MB. */
export interface CsvRecord {
  readonly start: number;
  /** Where each of its fields ends; the next begins behind the comma there. */
  readonly ends: readonly number[];
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * The records of a CSV text (RFC 4180, LF as well as CRLF). A BOM and blank lines are skipped. Undefined where it is in doubt where
 * records end: exactly where ingest refuses a body, so that the two never see different records.
 *
 * @param most stops after so many
 */
export function csvRecords(text: string, most: number): readonly CsvRecord[] | undefined {
  const records: CsvRecord[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length && records.length < most) {
    const start = at;
    const ends: number[] = [];
    for (;;) {
      at = fieldEnd(text, at);
      if (at < 0) return undefined;
      ends.push(at);
      if (text.charCodeAt(at) !== COMMA) break;
      at++;
    }
    const isBlank = at === start;
    if (!isBlank) records.push({ start, ends });
    at += text.charCodeAt(at) === CR ? 2 : 1;
  }
  return records;
}

/** A record as it stands there. */
export function csvLine(text: string, { start, ends }: CsvRecord): string {
  return text.slice(start, ends.at(-1));
}

/** A field as it stands there, with its quotes if it has some. */
export function csvFieldAt(text: string, { start, ends }: CsvRecord, index: number): string {
  return text.slice(index === 0 ? start : (ends[index - 1] ?? 0) + 1, ends[index]);
}

/** The text that a field stands for. */
export function csvText(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}

/** A field that stands for a text, whatever it holds. */
export function csvField(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The comma, line end or end of text behind the field that begins at `from`; -1 where something else is there. */
function fieldEnd(text: string, from: number): number {
  const at = text.charCodeAt(from) === QUOTE ? quotedEnd(text, from) : plainEnd(text, from);
  if (at < 0 || at === text.length) return at;
  const unit = text.charCodeAt(at);
  const ends = unit === COMMA || unit === LF || (unit === CR && text.charCodeAt(at + 1) === LF);
  return ends ? at : -1;
}

function quotedEnd(text: string, from: number): number {
  let close = text.indexOf('"', from + 1);
  while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf('"', close + 2);
  return close < 0 ? -1 : close + 1;
}

function plainEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === COMMA || unit === LF || unit === CR || unit === QUOTE) break;
  }
  return at;
}
