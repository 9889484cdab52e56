/**
 * Seconds until the next attempt: doubling from 1, half of it by chance, so that what failed together does not come back together.
 *
 * @param receives attempts so far, at least 1
 * @param most seconds
 * @param chance from 0 to 1
 */
export function backoffSeconds(receives: number, most: number, chance: number): number {
  const full = Math.min(most, 2 ** Math.min(receives - 1, 30));
  return Math.max(1, Math.round(full / 2 + (full / 2) * chance));
}
