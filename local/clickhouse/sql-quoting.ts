/** A value as a SQL string. A NUL is escaped: the engine's synchronous calls take their text only up to it. */
export function sqlString(value: string): string {
  return `'${escaped(value, "'")}'`;
}

export function sqlIdentifier(name: string): string {
  return `\`${escaped(name, '`')}\``;
}

function escaped(value: string, quote: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\0', '\\0').replaceAll(quote, `\\${quote}`);
}
