import { LONGEST_CALL_MINUTES } from './retry-refresh.ts';

/** Clocks that are wrong by up to a minute each (who mints, who verifies, two operators), and the half that verifiers tolerate. */
export const ROLL_MARGIN_SECONDS = 300;

/**
 * After so long nobody has a token of the old key: a refresh may have read it a moment before the new one took over, and may mint
 * with it as long as Lambda lets it run; then that token lives its life.
 */
export function retireAfterSeconds(tokenLifetimeSeconds: number): number {
  return LONGEST_CALL_MINUTES * 60 + tokenLifetimeSeconds + ROLL_MARGIN_SECONDS;
}
