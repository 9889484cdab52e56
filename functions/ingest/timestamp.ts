/**
 * Reads a time as the contract takes it (design §3.2): RFC 3339 with `Z` or an offset, or ClickHouse's own form
 * `YYYY-MM-DD hh:mm:ss[.fraction]`, which is in UTC. Digits beyond `precision` are cut off, not rounded.
 *
 * @param precision digits after the second that the column keeps, 0 to 9
 * @returns whole seconds since the epoch and the fraction as an integer of `precision` digits; `'form'` where the text
 *   is not such a time, `'range'` where a field is out of its range (month 13, 30 February, second 60)
 */
export function parseTimestamp(text: string, precision: number): Timestamp | 'form' | 'range' {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const separators =
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON;
  if (!separators || (year | month | day | hour | minute | second) < 0) return 'form';

  let at = 19;
  let fraction = 0;
  if (text.charCodeAt(at) === DOT) {
    const start = at + 1;
    at = start;
    for (let digit = digitAt(text, at); digit >= 0; digit = digitAt(text, ++at)) {
      if (at - start < precision) fraction = fraction * 10 + digit;
    }
    if (at === start) return 'form';
    for (let kept = at - start; kept < precision; kept++) fraction *= 10;
  }

  const offset = offsetSeconds(text, at, text.charCodeAt(10));
  if (offset === undefined) return 'form';
  if (offset === 'range' || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
    return 'range';
  if (day > daysIn(year, month)) return 'range';
  return { seconds: epochSeconds(year, month, day, hour, minute, second) - offset, fraction };
}

/** Reads `YYYY-MM-DD`. @returns days since the epoch; `'form'` where it is no date, `'range'` where there is no such day */
export function parseDate(text: string): number | 'form' | 'range' {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const separators = text.charCodeAt(4) === DASH && text.charCodeAt(7) === DASH && text.length === 10;
  if (!separators || (year | month | day) < 0) return 'form';
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return 'range';
  return epochSeconds(year, month, day, 0, 0, 0) / 86_400;
}

export interface Timestamp {
  readonly seconds: number;
  readonly fraction: number;
}

const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const SPACE = 0x20;

function offsetSeconds(text: string, at: number, separator: number): number | 'range' | undefined {
  const isRfc3339 = separator === 0x54 || separator === 0x74; // T, t
  if (at === text.length) return separator === SPACE ? 0 : undefined;
  if (!isRfc3339) return undefined;
  const sign = text[at];
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : undefined;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if ((sign !== '+' && sign !== '-') || text.charCodeAt(at + 3) !== COLON || text.length !== at + 6) return undefined;
  if ((hours | minutes) < 0) return undefined;
  if (hours > 23 || minutes > 59) return 'range';
  return (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** The number in `count` decimal digits at `from`, or −1. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = digitAt(text, at);
    if (digit < 0) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function epochSeconds(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  // Date.UTC takes years 0 to 99 for 1900 to 1999; such years are out of every column's range either way.
  return Date.UTC(year < 100 ? -1 : year, month - 1, day, hour, minute, second) / 1000;
}
