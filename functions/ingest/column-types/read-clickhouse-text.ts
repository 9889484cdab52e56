import { ExactNumber } from '../exact-number.ts';
import { readEscapes } from './type-name.ts';

/** As deep as no column type is. */
const MOST_LEVELS = 100;

/**
 * Reads an Array, Map or Tuple as ClickHouse writes it in CSV: `[1,NULL]`, `{'a':1}`, `(1,'it\'s')`; a Tuple becomes an array, of
 * equal keys the last wins.
 *
 * @returns the text itself where it is no such value, so that the column's check refuses it
 */
export function readClickHouseText(text: string): unknown {
  const cursor: Cursor = { text, at: 0 };
  const value = readValue(cursor, 0);
  return value === UNREADABLE || cursor.at !== text.length ? text : value;
}

interface Cursor {
  readonly text: string;
  at: number;
}

const UNREADABLE = Symbol('unreadable');
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '(': ')' };

function readValue(cursor: Cursor, level: number): unknown {
  skipSpace(cursor);
  const opening = cursor.text[cursor.at] ?? '';
  const closing = CLOSING[opening];
  if (level > MOST_LEVELS) return UNREADABLE;
  if (closing !== undefined) return readList(cursor, closing, level);
  if (opening === '{') return readMap(cursor, level);
  return opening === "'" ? readQuoted(cursor) : readBare(cursor);
}

function readList(cursor: Cursor, closing: string, level: number): unknown {
  const values: unknown[] = [];
  cursor.at++;
  if (takes(cursor, closing)) return values;
  for (;;) {
    const value = readValue(cursor, level + 1);
    if (value === UNREADABLE) return UNREADABLE;
    values.push(value);
    if (takes(cursor, closing)) return values;
    if (!takes(cursor, ',')) return UNREADABLE;
  }
}

function readMap(cursor: Cursor, level: number): unknown {
  const entries: [string, unknown][] = [];
  cursor.at++;
  if (takes(cursor, '}')) return {};
  for (;;) {
    const key = readValue(cursor, level + 1);
    if (typeof key === 'symbol' || typeof key === 'object' || !takes(cursor, ':')) return UNREADABLE;
    const value = readValue(cursor, level + 1);
    if (value === UNREADABLE) return UNREADABLE;
    entries.push([String(key), value]);
    // Not by assignment: `__proto__` is a key like any other.
    if (takes(cursor, '}')) return Object.fromEntries(entries);
    if (!takes(cursor, ',')) return UNREADABLE;
  }
}

function readQuoted(cursor: Cursor): string | typeof UNREADABLE {
  const start = ++cursor.at;
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== "'") {
    cursor.at += cursor.text[cursor.at] === '\\' ? 2 : 1;
  }
  if (cursor.at >= cursor.text.length) return UNREADABLE;
  return readEscapes(cursor.text.slice(start, cursor.at++));
}

function readBare(cursor: Cursor): unknown {
  const word = /^[\w.+-]+/.exec(cursor.text.slice(cursor.at, cursor.at + 100))?.[0] ?? '';
  cursor.at += word.length;
  if (word === 'NULL') return null;
  if (word === 'true' || word === 'false') return word === 'true';
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(word)) return UNREADABLE;
  return word.length > 15 ? new ExactNumber(word) : Number(word);
}

function takes(cursor: Cursor, unit: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== unit) return false;
  cursor.at++;
  return true;
}

function skipSpace(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ') cursor.at++;
}
