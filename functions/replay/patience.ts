/** One wait of replay for ClickHouse, or for the spool (design §3.2). */
const PATIENCE_MS = 10_000;

export function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}
