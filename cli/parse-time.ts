import { UsageError } from './usage.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d{1,6})([smhd])$/;
// RFC 3339. Without an offset a time would mean another one on another machine.
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads a time: `2026-11-23T10:00:00Z`, `2026-11-23` (its midnight in UTC), or so long ago: `90s`, `15m`, `2h`, `7d`.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws UsageError
 */
export function parseTime(option: string, text: string, now: number): number {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError(`${option}: expected a time such as 2026-11-23T10:00:00Z, or 15m, 2h, 7d`);
  return time;
}
