const QUOTES: ReadonlySet<string> = new Set(["'", '"', '`']);

/**
 * What keeps a row filter from standing as one condition inside `WHERE (…)`, or undefined where nothing does.
 * It catches mistakes that would widen or break the view; whether the condition is right SQL, only the server can say.
 * It is no sandbox: whoever writes the config may read every row anyway.
 */
export function rowFilterFault(sql: string): string | undefined {
  let depth = 0;
  for (let at = 0; at < sql.length; at++) {
    const char = sql.charAt(at);
    if (QUOTES.has(char)) {
      const end = closingQuote(sql, at);
      if (end === undefined) return 'a condition whose quotes are closed';
      at = end;
    } else if (char === '(') depth++;
    else if (char === ')') {
      depth--;
      // `a) OR (1 = 1` would balance, and let every row through.
      if (depth < 0) return 'a condition whose brackets are balanced';
    } else if (char === ';') return 'one condition, without ;';
    // A comment would swallow the bracket that closes the condition. `#` and `$$` open comments and strings too.
    else if (/^(--|\/\*|#|\$)/.test(sql.slice(at, at + 2))) return 'a condition without comments, # and $';
    else if (/^\bselect\b/i.test(sql.slice(at, at + 7)) && !/\w/.test(sql.charAt(at - 1))) {
      return 'a condition on the rows of one stream, without a subquery';
    }
  }
  if (depth > 0) return 'a condition whose brackets are balanced';
  return sql.trim() === '' ? 'a condition' : undefined;
}

/** Position of the quote that closes the one at `open`. A backslash escapes; a doubled quote reads as two strings, which is as good. */
function closingQuote(sql: string, open: number): number | undefined {
  for (let at = open + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++;
    else if (sql[at] === sql[open]) return at;
  }
  return undefined;
}
