/**
 * A JSON number in its own digits, where a double may not hold them all: `9007199254740993`, `0.10000000000000000555`. Only the
 * encoders of wide integers, Decimal and JSON read the digits; to every other column it is the number that `JSON.parse` gives.
 */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The number as a double where it is one; anything else as it is. */
export function asDouble(value: unknown): unknown {
  return value instanceof ExactNumber ? Number(value.text) : value;
}

/** A double holds any 15 significant digits, so only a longer run of digits can lose some. */
const LONG_NUMBER = /[\d.]{16}/;
const SURELY_HELD = 15;

/** Whether a number in the text may have more digits than a double holds. */
export function mayLoseDigits(text: string): boolean {
  return LONG_NUMBER.test(text);
}

const EXPONENT = /\d[eE]/;

/** Whether a number in the text may be an integer that a double does not hold, or is not surely one. */
export function mayHoldUnsafeInteger(text: string): boolean {
  return LONG_NUMBER.test(text) || EXPONENT.test(text);
}

/** No column type is as deep as this, and V8's reviver calls itself for each level. */
const MOST_LEVELS = 200;

/**
 * Parses JSON text that has been parsed before, with each number that a double may not hold as `ExactNumber`. About seven times
 * slower than without. Text of more than 200 levels is left as `JSON.parse` reads it.
 */
export function parseExactly(text: string): unknown {
  if (levelsOf(text) > MOST_LEVELS) return JSON.parse(text);
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined) return value;
    if (source.length <= SURELY_HELD && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
    return new ExactNumber(source);
  });
}

/** Most brackets that are open at once, outside of strings. */
export function levelsOf(text: string): number {
  let open = 0;
  let most = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) at = endOfString(text, at);
    else if (unit === 0x5b || unit === 0x7b) most = Math.max(most, ++open);
    else if (unit === 0x5d || unit === 0x7d) open--;
  }
  return most;
}

/** Where the JSON string that begins at `quote` ends: at its closing quote, or behind the text where it has none. */
export function endOfString(text: string, quote: number): number {
  let at = quote + 1;
  while (at < text.length && text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at;
}
