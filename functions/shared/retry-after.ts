/**
 * Milliseconds to wait by `Retry-After` (RFC 9110 §10.2.3): seconds or a date; 0 where it says nothing that can be read.
 *
 * @param now milliseconds since the epoch
 */
export function parseRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(date - now, 0);
}
