import type { ReadableEdgeKv } from '../../functions/shared/edge-kv.ts';

export interface LateEdgeKvOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds from now until readers see a write that is made now. */
  readonly delay: () => number;
  /** Whether a write that is made now is taken and then never seen. */
  readonly isLost: () => boolean;
}

interface Write {
  readonly value: string;
  readonly visibleAt: number;
}

/**
 * An EdgeKV as slow and forgetful as its documents allow: it takes every write, and shows it later or never. What was written
 * later is never hidden by an earlier write that arrives after it.
 */
export function createLateEdgeKv({ clock, delay, isLost }: LateEdgeKvOptions): ReadableEdgeKv {
  const places = new Map<string, readonly Write[]>();
  const placeOf = (...names: readonly string[]) => names.join('/');
  return {
    async put(network, namespace, group, item, value) {
      if (isLost()) return;
      const place = placeOf(network, namespace, group, item);
      places.set(place, [...(places.get(place) ?? []), { value, visibleAt: clock() + delay() }]);
    },
    async get(network, namespace, group, item) {
      const place = placeOf(network, namespace, group, item);
      const writes = places.get(place) ?? [];
      const shown = writes.findLastIndex(({ visibleAt }) => visibleAt <= clock());
      // What came before the one that is shown is overtaken for good.
      places.set(place, writes.slice(Math.max(0, shown)));
      return writes[shown]?.value;
    },
  };
}
