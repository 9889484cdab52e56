import { type ClickHouseCode, FrontError, NOT_IMPLEMENTED, SYNTAX_ERROR, UNSUPPORTED_METHOD } from './front-error.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/** What a request asks of the engine. Texts are latin1, one character a byte, as they came in. */
export type Statement = InsertWithData | Query;

/** `INSERT INTO … FORMAT f` or `INSERT INTO … VALUES`: what follows is data. */
export interface InsertWithData {
  readonly kind: 'insert';
  /** From `INSERT` to before `SETTINGS`, `FORMAT` or `VALUES`. */
  readonly head: string;
  /** `SETTINGS …`, or empty. */
  readonly settings: string;
  readonly format: string;
  /** Where the data begins, if some of it stands in the same text. */
  readonly dataStart: number;
}

/** Any other statement, `INSERT … SELECT` among them. */
export interface Query {
  readonly kind: 'query';
  /** Without its semicolon. */
  readonly text: string;
  /** First word, in capitals. */
  readonly verb: string;
  /** The name in its `FORMAT` clause. */
  readonly format: string | undefined;
}

/**
 * Reads one statement just far enough to run it. It is no syntax check: the engine makes that.
 *
 * @param sql bytes read as latin1; the data of an insert is not looked at
 * @throws FrontError for a second statement (the engine would run it, under another role if it liked), for INFILE and OUTFILE, and
 * for what the engine cannot be asked safely
 */
export function readStatement(sql: string): Statement {
  const tokens = sqlTokens(sql);
  const seen: SqlToken[] = [];
  const take = (): SqlToken | undefined => {
    const next = tokens.next();
    if (next.done === true) return undefined;
    seen.push(next.value);
    return next.value;
  };
  const query = (): Query => {
    while (take() !== undefined);
    return readQuery(sql, seen);
  };

  const insert = take();
  if (word(insert) !== 'INSERT') return query();
  let token = afterTarget(take);
  let settings: SqlToken | undefined;
  for (let depth = 0; token !== undefined; token = take()) {
    depth += nesting(token);
    const keyword = depth === 0 ? word(token) : undefined;
    if (keyword === 'FROM' || keyword === 'SELECT' || keyword === 'WITH' || token.text === ';') return query();
    if (keyword === 'SETTINGS') settings ??= token;
    if (keyword !== 'FORMAT' && keyword !== 'VALUES') continue;
    const name = keyword === 'FORMAT' ? take() : token;
    if (name?.kind !== 'word') throw new FrontError(SYNTAX_ERROR, 'Syntax error: expected the name of a format');
    return {
      kind: 'insert',
      head: sql.slice(insert?.start, (settings ?? token).start),
      settings: settings === undefined ? '' : sql.slice(settings.start, token.start),
      format: keyword === 'FORMAT' ? name.text : 'Values',
      dataStart: dataStart(sql, name.end),
    };
  }
  return query();
}

/** Past `[INTO] [TABLE] [FUNCTION] name[.name]`, for a table may be called `format`. Returns the token behind it. */
function afterTarget(take: () => SqlToken | undefined): SqlToken | undefined {
  let name = take();
  while (/^(INTO|TABLE|FUNCTION)$/.test(word(name) ?? '')) name = take();
  let next = take();
  while (next?.text === '.') {
    take();
    next = take();
  }
  return next;
}

function readQuery(sql: string, tokens: readonly SqlToken[]): Query {
  const semicolon = tokens.findIndex(({ text }) => text === ';');
  const own = semicolon < 0 ? tokens : tokens.slice(0, semicolon);
  const end = tokens[semicolon]?.start ?? sql.length;
  const [first] = own;
  if (first === undefined) throw new FrontError(SYNTAX_ERROR, 'Syntax error: failed at position 1 (end of query)');
  if (tokens.slice(own.length).some(({ text }) => text !== ';')) {
    throw new FrontError(
      SYNTAX_ERROR,
      `Syntax error (Multi-statements are not allowed): failed at position ${end + 1} (end of query)`,
    );
  }
  const verb = word(first) ?? first.text;
  const format = formatClause(own);
  refuseUnsafe(verb, own, format);
  return { kind: 'query', text: sql.slice(first.start, end), verb, format };
}

function refuseUnsafe(verb: string, tokens: readonly SqlToken[], format: string | undefined): void {
  const refuse = (code: ClickHouseCode, text: string): never => {
    throw new FrontError(code, text);
  };
  const pairs = tokens.map((token, at) => `${word(tokens[at - 1]) ?? ''} ${word(token) ?? token.text}`);
  if (pairs.includes('FROM INFILE') || pairs.includes('INTO OUTFILE')) {
    refuse(UNSUPPORTED_METHOD, 'INFILE and OUTFILE name files of the server; send and read the data over HTTP');
  }
  // Each of its parts is a statement of its own, SET ROLE too.
  if (pairs.includes('PARALLEL WITH'))
    refuse(NOT_IMPLEMENTED, 'PARALLEL WITH is not supported here; send the statements apart');
  // For this engine, data in the statement's own text ends at the first empty line, and the rest runs as SQL.
  if (verb === 'WITH' && tokens.some((token) => word(token) === 'INSERT')) {
    refuse(NOT_IMPLEMENTED, 'WITH before INSERT is not supported here; write INSERT INTO … WITH … SELECT');
  }
  if (verb !== 'INSERT') return;
  // Given rows as text, the engine stores none of them, and says nothing.
  if (pairs.includes('INPUT (')) {
    refuse(NOT_IMPLEMENTED, 'input() is not supported here; send the rows with INSERT INTO … FORMAT …');
  }
  if (format !== undefined) refuse(NOT_IMPLEMENTED, 'FORMAT after INSERT … SELECT is not supported here; leave it out');
}

/** The clause stands last, but for SETTINGS; elsewhere `format` is somebody's name. */
function formatClause(tokens: readonly SqlToken[]): string | undefined {
  let depth = 0;
  let format: string | undefined;
  tokens.forEach((token, at) => {
    depth += nesting(token);
    if (depth === 0 && word(tokens[at - 2]) === 'FORMAT' && word(token) !== 'SETTINGS') format = undefined;
    if (depth === 0 && word(tokens[at - 1]) === 'FORMAT' && token.kind === 'word') format = token.text;
  });
  return format;
}

/** Data begins behind the first line break if only blanks stand before it, else behind the blanks (`ParserInsertQuery.cpp`). */
function dataStart(sql: string, from: number): number {
  const blanks = /[ \t\f]*\r?\n?/y;
  blanks.lastIndex = from;
  blanks.test(sql);
  return blanks.lastIndex;
}

function word(token: SqlToken | undefined): string | undefined {
  return token?.kind === 'word' ? token.text.toUpperCase() : undefined;
}

function nesting({ kind, text }: SqlToken): number {
  if (kind !== 'symbol') return 0;
  if (text === '(') return 1;
  return text === ')' ? -1 : 0;
}
