import type { Config } from '../../config/schema.ts';
import type { ReadableEdgeKv } from '../shared/edge-kv.ts';
import type { PushedItem } from './pushed-item.ts';

export interface ConfirmDependencies {
  readonly edge: Pick<Config['edge'], 'namespace' | 'group'>;
  readonly edgeKv: ReadableEdgeKv;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** When it aborts, nothing more is asked. */
  readonly signal: AbortSignal;
}

/** Most items are to be seen within 10 s of their push, some later (techdocs.akamai.com/edgekv/docs/general-questions). */
const PAUSES_MS: readonly number[] = [1_000, 3_000, 6_000];

/** With the pauses, half of the minute that the function has. */
const MOST_REPEATS = 2;

/**
 * Reads back what EdgeKV has taken. What it does not show after 10 s is pushed again, twice at most, since the same item twice changes
 * nothing: so a push that was lost costs seconds and not a refresh period.
 *
 * @returns those that it does not show even then. They may still arrive: a reason to look, none to fail.
 */
export async function confirmEdgeItems(
  pushed: readonly PushedItem[],
  deps: ConfirmDependencies,
): Promise<readonly PushedItem[]> {
  let unseen = await waitForItems(pushed, deps);
  for (let again = 0; again < MOST_REPEATS && unseen.length > 0 && !deps.signal.aborted; again++) {
    for (const { network, item, value } of unseen) {
      const { namespace, group } = deps.edge;
      await deps.edgeKv.put(network, namespace, group, item, value).catch(() => undefined);
    }
    unseen = await waitForItems(unseen, deps);
  }
  return unseen;
}

async function waitForItems(items: readonly PushedItem[], deps: ConfirmDependencies): Promise<readonly PushedItem[]> {
  const { signal } = deps;
  let unseen = items;
  // A pause is longer than what the function keeps of its time to report.
  const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  for (const pause of PAUSES_MS) {
    if (unseen.length === 0 || signal.aborted) break;
    await Promise.race([deps.pause(pause), over]);
    const shown: readonly boolean[] = await Promise.all(unseen.map((item) => isShown(item, deps)));
    unseen = unseen.filter((_item, index) => shown[index] !== true);
  }
  return unseen;
}

async function isShown(
  { network, item, value }: PushedItem,
  { edge, edgeKv, signal }: ConfirmDependencies,
): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    const shown = await edgeKv.get(network, edge.namespace, edge.group, item);
    return shown !== undefined && tokenOf(shown) === tokenOf(value);
  } catch {
    // As good as not seen: that it cannot be read says nothing against the push.
    return false;
  }
}

/** EdgeKV keeps JSON and may write it in another form. */
function tokenOf(item: string): unknown {
  const parsed: unknown = JSON.parse(item);
  return typeof parsed === 'object' && parsed !== null && 'token' in parsed ? parsed.token : undefined;
}
