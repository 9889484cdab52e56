import { ACCESS_DENIED, FrontError } from './front-error.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/**
 * Settings that keep the function `file` out of the places where no statement is seen: expressions among the values of an insert, and
 * conditions that are given as text. Nobody but an administrator changes them.
 */
export const FILE_FUNCTION_BARS: readonly (readonly [setting: string, literal: string])[] = [
  ['input_format_values_interpret_expressions', '0'],
  ['input_format_values_deduce_templates_of_expressions', '0'],
  ['additional_result_filter', "''"],
  ['additional_table_filters', '{}'],
];

/**
 * Refuses a statement that calls the function `file`. It asks for no right, and in this engine, which takes itself for a local tool,
 * it reads any file of the machine (measured, 26.7); a server keeps it to `user_files_path`. The table function of that name asks.
 *
 * @param sql bytes read as latin1
 * @throws FrontError (497)
 */
export function refuseFileFunction(sql: string): void {
  const tokens = [...sqlTokens(sql)];
  const called = tokens.some((token, at) => {
    if (!mayBeFile(token)) return false;
    const [before, between] = [tokens[at - 1], tokens[at - 2]];
    // `* APPLY(file)` and `* APPLY file` name it without calling it.
    const applied = isApply(before) || (before?.text === '(' && isApply(between));
    return applied || tokens[at + 1]?.text === '(';
  });
  if (called) {
    throw new FrontError(
      ACCESS_DENIED,
      "Not enough privileges. To execute this query, it's necessary to have the grant READ ON FILE",
    );
  }
}

/** A quoted name may spell its letters as escapes; one that does is no name of ours. */
function mayBeFile({ kind, text }: SqlToken): boolean {
  if (kind === 'quoted') return text.slice(1, -1) === 'file' || text.includes('\\');
  return kind === 'word' && text === 'file';
}

function isApply(token: SqlToken | undefined): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === 'APPLY';
}
