/** Where an EdgeKV item lies, within one network. */
export interface ItemAddress {
  readonly namespace: string;
  readonly group: string;
  readonly item: string;
}

/**
 * EdgeKV's own rules: techdocs.akamai.com edgekv/docs/limits, and the checks of Akamai's client library `edgekv.js`
 * 0.6.3 (letters, digits, `_` and `-`; a namespace does not begin with `-`).
 */
const RULES = {
  namespace: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/,
    expected: '1 to 32 of A-Z a-z 0-9 _ -, not beginning with -',
  },
  group: { pattern: /^[A-Za-z0-9_-]{1,128}$/, expected: '1 to 128 of A-Z a-z 0-9 _ -' },
  item: { pattern: /^[A-Za-z0-9_-]{1,512}$/, expected: '1 to 512 of A-Z a-z 0-9 _ -' },
} as const;

/** @returns what is wrong with the first name that breaks a rule, or undefined */
export function nameFault(address: ItemAddress): string | undefined {
  for (const part of ['namespace', 'group', 'item'] as const) {
    const { pattern, expected } = RULES[part];
    if (!pattern.test(address[part])) return `The ${part} name is not valid. Expected ${expected}.`;
  }
  return undefined;
}
