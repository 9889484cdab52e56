/**
 * A header's value without the white space around it: blanks and tabs (RFC 9110 §5.6.3), and nothing else. `trim()` also takes a
 * no-break space, a byte that an HTTP parser leaves there and that no signer left out of what it signed.
 */
export function trimBlanks(value: string): string {
  return value.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '');
}
