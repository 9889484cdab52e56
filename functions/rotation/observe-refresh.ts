import type { Clock } from '../shared/clock.ts';
import { describeFault } from '../shared/describe-fault.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import type { RefreshedTokens } from './refresh-edge-token.ts';

/**
 * Runs a refresh and says how long the tokens now at the edge live. A failure says nothing there and is thrown on: the
 * schedule tries again, and the alarm sees that the heartbeat `TokensRefreshed` is missing.
 */
export async function observeRefresh(
  refresh: () => Promise<RefreshedTokens>,
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<void> {
  try {
    const { tokens, earliestExp } = await refresh();
    telemetry.count('TokensRefreshed', tokens);
    if (earliestExp !== undefined) {
      telemetry.count('TokenSecondsToExpiry', Math.floor(earliestExp - clock() / 1000));
    }
  } catch (error) {
    telemetry.warn('The edge tokens could not be refreshed', describeFault(error));
    throw error;
  }
}
