import { latin1 } from './utf8-text.ts';

/** A piece of SQL, for who only has to know where a statement ends and what stands at its top level. */
export interface SqlToken {
  /** `quoted` is an identifier in backquotes or double quotes, `string` any string literal, `symbol` any other single character. */
  readonly kind: 'word' | 'quoted' | 'string' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /\s+/y;
const LINE_COMMENT = /(?:--|\/\/|#[ !])[^\n]*/y;
const HEREDOC_TAG = /\$\w*\$/y;
const WORD = /[A-Za-z0-9_$]+/y;

// Curly quotes in UTF-8, read byte by byte.
const CURLY_QUOTES = [
  { kind: 'string', open: latin1('\u2018'), close: latin1('\u2019') },
  { kind: 'quoted', open: latin1('\u201c'), close: latin1('\u201d') },
] as const;

/**
 * Splits SQL as the engine's own lexer does (ClickHouse `src/Parsers/Lexer.cpp`): where the two differ about a quote or a comment,
 * one of them sees a `;` that the other does not. `//` begins a comment, block comments nest, `$tag$…$tag$` is a string, and
 * curly quotes are quotes. Whitespace and comments yield nothing; a quote that never closes takes the rest.
 *
 * @param sql bytes read as latin1, one character a byte; positions are byte offsets
 */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  let at = 0;
  while (at < sql.length) {
    const skipped = matchEnd(SPACE, sql, at) ?? matchEnd(LINE_COMMENT, sql, at) ?? blockCommentEnd(sql, at);
    if (skipped !== undefined) {
      at = skipped;
      continue;
    }
    const { kind, end } = tokenAt(sql, at);
    yield { kind, text: sql.slice(at, end), start: at, end };
    at = end;
  }
}

function tokenAt(sql: string, at: number): Pick<SqlToken, 'kind' | 'end'> {
  const char = sql.charAt(at);
  if (char === "'") return { kind: 'string', end: quoteEnd(sql, at, char) };
  if (char === '"' || char === '`') return { kind: 'quoted', end: quoteEnd(sql, at, char) };
  const curly = CURLY_QUOTES.find(({ open }) => sql.startsWith(open, at));
  if (curly !== undefined) {
    return { kind: curly.kind, end: endOfNext(sql, curly.close, at + curly.open.length) ?? sql.length };
  }
  const tag = matchEnd(HEREDOC_TAG, sql, at);
  const heredoc = tag === undefined ? undefined : endOfNext(sql, sql.slice(at, tag), tag);
  // A tag that does not come again is an ordinary word.
  if (heredoc !== undefined) return { kind: 'string', end: heredoc };
  const word = matchEnd(WORD, sql, at);
  return word === undefined ? { kind: 'symbol', end: at + 1 } : { kind: 'word', end: word };
}

function blockCommentEnd(sql: string, open: number): number | undefined {
  if (!sql.startsWith('/*', open)) return undefined;
  let depth = 1;
  for (let at = open + 2; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (sql.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
}

/** A backslash takes the next character with it; a doubled quote stands for itself. */
function quoteEnd(sql: string, open: number, quote: string): number {
  for (let at = open + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return sql.length;
}

function endOfNext(sql: string, wanted: string, from: number): number | undefined {
  const found = sql.indexOf(wanted, from);
  return found < 0 ? undefined : found + wanted.length;
}

function matchEnd(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : undefined;
}
