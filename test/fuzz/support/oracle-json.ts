// JSON (RFC 8259) read a second time, in other ways than the product does: by tokens, and with every number in its own digits.

/** A number as written. */
export class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | string | Digits | readonly Json[] | ReadonlyMap<string, Json>;

/** A text and the value that it means. */
export interface ReadText {
  readonly value: Json;
  readonly raw: string;
}

// A string's own units: all but quote, backslash and what is below the blank.
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const BLANKS = /[ \t\n\r]*$/y;

interface Token {
  readonly kind: 'mark' | 'string' | 'number' | 'word';
  readonly text: string;
  readonly end: number;
}

type Open =
  | { readonly kind: 'array'; readonly items: Json[] }
  | { readonly kind: 'object'; readonly members: Map<string, Json>; name: string | undefined };

/** Of an object, the last of equal names counts. @returns undefined where the text is not JSON */
export function readJson(text: string): Json | undefined {
  return read(text)?.value;
}

/** The elements of a JSON array with their texts. @returns undefined where the text is not a JSON array */
export function readElements(text: string): readonly ReadText[] | undefined {
  const whole = read(text);
  if (whole === undefined || !Array.isArray(whole.value)) return undefined;
  return whole.value.map((value: Json, at) => ({ value, raw: whole.texts[at] ?? '' }));
}

function read(text: string): { readonly value: Json; readonly texts: readonly string[] } | undefined {
  const open: Open[] = [];
  const texts: string[] = [];
  let at = 0;
  let start = 0;
  let isFresh = false;
  for (;;) {
    const token = nextToken(text, at);
    if (token === undefined) return undefined;
    const top = open.at(-1);
    if (open.length === 1 && (token.text === '[' || token.text === '{' || token.kind !== 'mark')) {
      start = token.end - token.text.length;
    }
    at = token.end;
    let value: Json;
    if (token.text === ']' || token.text === '}') {
      // Only behind nothing: behind a comma or a colon, a value was read first.
      if (!isFresh || top === undefined || (top.kind === 'array') !== (token.text === ']')) return undefined;
      open.pop();
      value = top.kind === 'array' ? top.items : top.members;
    } else if (top?.kind === 'object' && top.name === undefined) {
      const colon = nextToken(text, at);
      if (token.kind !== 'string' || colon?.text !== ':') return undefined;
      top.name = unquote(token.text);
      at = colon.end;
      isFresh = false;
      continue;
    } else if (token.text === '[' || token.text === '{') {
      open.push(
        token.text === '[' ? { kind: 'array', items: [] } : { kind: 'object', members: new Map(), name: undefined },
      );
      isFresh = true;
      continue;
    } else {
      const scalar = scalarOf(token);
      if (scalar === undefined) return undefined;
      value = scalar;
    }

    // A value is whole: it belongs to what is open around it, which may be whole with it.
    for (;;) {
      const around = open.at(-1);
      if (around === undefined) {
        BLANKS.lastIndex = at;
        return BLANKS.test(text) ? { value, texts } : undefined;
      }
      if (around.kind === 'array') around.items.push(value);
      else {
        around.members.set(around.name ?? '', value);
        around.name = undefined;
      }
      if (open.length === 1) texts.push(text.slice(start, at));
      const next = nextToken(text, at);
      if (next === undefined) return undefined;
      at = next.end;
      isFresh = false;
      if (next.text === ',') break;
      if (next.text !== (around.kind === 'array' ? ']' : '}') || next.kind !== 'mark') return undefined;
      open.pop();
      value = around.kind === 'array' ? around.items : around.members;
    }
  }
}

function nextToken(text: string, at: number): Token | undefined {
  TOKEN.lastIndex = at;
  const [, mark, string, number, word] = TOKEN.exec(text) ?? [];
  const end = TOKEN.lastIndex;
  if (mark !== undefined) return { kind: 'mark', text: mark, end };
  if (string !== undefined) return { kind: 'string', text: string, end };
  if (number !== undefined) return { kind: 'number', text: number, end };
  return word === undefined ? undefined : { kind: 'word', text: word, end };
}

function scalarOf({ kind, text }: Token): Json | undefined {
  if (kind === 'string') return unquote(text);
  if (kind === 'number') return new Digits(text);
  if (kind === 'mark') return undefined;
  return text === 'null' ? null : text === 'true';
}

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_all, unit: string | undefined, letter: string) =>
      unit === undefined ? (ESCAPED[letter] ?? letter) : String.fromCharCode(Number.parseInt(unit, 16)),
    );
}
