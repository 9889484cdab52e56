/** Statements are scanned byte by byte, as latin1; the engine gets them as the UTF-8 that they are. */
export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

export function latin1(utf8Text: string): string {
  return Buffer.from(utf8Text, 'utf8').toString('latin1');
}
