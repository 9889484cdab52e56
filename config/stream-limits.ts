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

/**
 * Milliseconds that a batch may wait for ClickHouse before it is spooled. An EdgeWorker gives up after 3 s; ingest has 15 s for everything,
 * and of those the secrets that it reads before may take several.
 */
export const PATIENCE_MS = { usual: 1_500, most: 10_000 } as const;
