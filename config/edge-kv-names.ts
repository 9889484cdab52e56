/**
 * EdgeKV's own rules of names: techdocs.akamai.com edgekv/docs/limits, and the checks of Akamai's client library `edgekv.js`
 * 0.6.3 (letters, digits, `_` and `-`; a namespace does not begin with `-`).
 */
export const EDGE_KV_NAMES = {
  namespace: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/,
    expected: '1 to 32 of A-Z a-z 0-9 _ -, not beginning with -',
  },
  group: { pattern: /^[A-Za-z0-9_-]{1,128}$/, expected: '1 to 128 of A-Z a-z 0-9 _ -' },
  item: { pattern: /^[A-Za-z0-9_-]{1,512}$/, expected: '1 to 512 of A-Z a-z 0-9 _ -' },
} as const;
