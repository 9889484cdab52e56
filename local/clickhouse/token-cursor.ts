import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Reads canonical SQL word by word. */
export class TokenCursor {
  readonly #sql: string;
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#tokens = [...sqlTokens(sql)];
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The next token, as it stands. */
  get text(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  /** Steps over these words if they come next. */
  skip(words: string): boolean {
    const wanted = words.split(' ');
    if (!wanted.every((text, offset) => this.#isWord(this.#at + offset, text))) return false;
    this.#at += wanted.length;
    return true;
  }

  /** Steps over a comma, a dot or a bracket if it comes next. */
  skipSymbol(symbol: string): boolean {
    const next = this.#tokens[this.#at];
    if (next?.kind !== 'symbol' || next.text !== symbol) return false;
    this.#at++;
    return true;
  }

  /** Whether one of these words comes next. */
  meets(words: readonly string[]): boolean {
    return words.some((text) => this.#isWord(this.#at, text));
  }

  /** An identifier, without its quotes; undefined where none comes next. */
  name(): string | undefined {
    const next = this.#tokens[this.#at];
    if (next?.kind !== 'word' && next?.kind !== 'quoted') return undefined;
    this.#at++;
    return next.kind === 'word' ? next.text : unquote(next.text);
  }

  /** The text up to the first of these words or commas that stands outside brackets, or to the end. */
  textUntil(words: readonly string[], comma: 'comma' | 'no comma'): string {
    const start = this.#tokens[this.#at]?.start ?? this.#sql.length;
    let depth = 0;
    for (; !this.done; this.#at++) {
      if (depth === 0 && (this.meets(words) || (comma === 'comma' && this.text === ','))) break;
      if (this.text === '(') depth++;
      if (this.text === ')') depth--;
    }
    return this.#sql.slice(start, this.#tokens[this.#at - 1]?.end ?? start);
  }

  #isWord(at: number, text: string): boolean {
    const token = this.#tokens[at];
    return token?.kind === 'word' && token.text.toUpperCase() === text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '0': '\0',
  a: '\x07',
  v: '\v',
};

/** The value of a quoted string or identifier as the engine's formatter writes it. A doubled quote stands for itself where it is the one that quotes. */
export function unquote(quoted: string): string {
  const quote = quoted.charAt(0);
  return quoted.slice(1, -1).replace(/\\(.)|(['"`])\2/gs, (found, escaped: string | undefined, doubled: string) => {
    if (escaped !== undefined) return ESCAPES[escaped] ?? escaped;
    return doubled === quote ? doubled : found;
  });
}
