/**
 * Bounds of one batch: defaults, and maxima too. 4.5 MB as sent stays below the 6 MB that a Lambda event may have after base64;
 * the rest bounds the memory and time that a hostile body can cost.
 */
export const STREAM_LIMITS = {
  bytes: 4_500_000,
  inflatedBytes: 20_000_000,
  inflateRatio: 100,
  rows: 10_000,
  rowBytes: 65_536,
} as const;
