import type { ReadableEdgeKv } from '../../functions/shared/edge-kv.ts';
import { LateWrites } from './late-writes.ts';

export interface LateEdgeKvOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds from now until readers see a write that is made now. */
  readonly delay: () => number;
  /** Whether a write that is made now is taken and then never seen. */
  readonly isLost: () => boolean;
}

/**
 * An EdgeKV as slow and forgetful as its documents allow: it takes every write, and shows it later or never. What was written
 * later is never hidden by an earlier write that arrives after it.
 */
export function createLateEdgeKv({ clock, delay, isLost }: LateEdgeKvOptions): ReadableEdgeKv {
  const writes = new LateWrites();
  const placeOf = (...names: readonly string[]) => names.join('/');
  return {
    async put(network, namespace, group, item, value) {
      if (!isLost()) writes.put(placeOf(network, namespace, group, item), value, clock() + delay());
    },
    async get(network, namespace, group, item) {
      return writes.shown(placeOf(network, namespace, group, item), clock());
    },
  };
}
