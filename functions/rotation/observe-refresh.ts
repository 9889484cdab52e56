import type { Clock } from '../shared/clock.ts';
import { describeFault } from '../shared/describe-fault.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import type { PushedItem } from './pushed-item.ts';
import type { RefreshedTokens } from './refresh-edge-token.ts';
import { RefreshIncompleteError } from './refresh-error.ts';

/** How a refresh ended; `unseen` are those of the pushed items that EdgeKV did not show when it was asked. */
export type RefreshOutcome = RefreshedTokens & { readonly unseen?: readonly PushedItem[] };

/**
 * Runs a refresh and says how long the tokens now at the edge live, and which have not been seen there. A failure says nothing of
 * their life and is thrown on: the schedule tries again, and the alarm sees that the heartbeat `TokensRefreshed` is missing.
 */
export async function observeRefresh(
  refresh: () => Promise<RefreshOutcome>,
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<void> {
  try {
    const { tokens, earliestExp, unseen = [] } = await refresh();
    telemetry.count('TokensRefreshed', tokens);
    if (earliestExp !== undefined) {
      telemetry.count('TokenSecondsToExpiry', Math.floor(earliestExp - clock() / 1000));
    }
    if (unseen.length > 0) {
      countFailures(unseen, telemetry);
      telemetry.warn('EdgeKV has taken items that it does not show yet', {
        items: unseen.map(({ network, item }) => `${network}/${item}`),
      });
    }
  } catch (error) {
    if (error instanceof RefreshIncompleteError) countFailures(error.pushes, telemetry);
    telemetry.warn('The edge tokens could not be refreshed', describeFault(error));
    throw error;
  }
}

function countFailures(items: readonly Pick<PushedItem, 'network'>[], telemetry: Telemetry): void {
  const networks = Map.groupBy(items, ({ network }) => network);
  for (const [network, failed] of networks) telemetry.count('EdgeKvPushFailed', failed.length, { network });
}
