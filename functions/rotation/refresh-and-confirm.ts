import { type ConfirmDependencies, confirmEdgeItems } from './confirm-edge-items.ts';
import type { RefreshOutcome } from './observe-refresh.ts';
import { type RefreshDependencies, refreshEdgeTokens } from './refresh-edge-token.ts';
import { RefreshIncompleteError } from './refresh-error.ts';

/** Refreshes, and reads back what EdgeKV has taken: also where something else failed. @throws as `refreshEdgeTokens` */
export async function refreshAndConfirm(deps: RefreshDependencies & ConfirmDependencies): Promise<RefreshOutcome> {
  try {
    const refreshed = await refreshEdgeTokens(deps);
    return { ...refreshed, unseen: await confirmEdgeItems(refreshed.pushed, deps) };
  } catch (error) {
    if (error instanceof RefreshIncompleteError) await confirmEdgeItems(error.pushed, deps);
    throw error;
  }
}
