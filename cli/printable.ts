const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Senders choose some of these texts: nothing in them may steer the terminal or turn its lines around. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** The same for a text that is JSON, and stays the same JSON: outside of its strings none of these characters stands. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (char) =>
    char
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
