import type { Clock } from '../shared/clock.ts';

/** How fast principals send, as one container sees it. */
export interface BatchRate {
  /**
   * Takes a batch of this principal, where its rate leaves room for one.
   *
   * @param perSecond batches a second in the long run; one second's worth, and at least one, may come at once
   * @returns 0 where it is taken; else the milliseconds until there is room, and nothing is taken
   */
  take(principal: string, perSecond: number): number;
}

interface Bucket {
  /** Batches that there is room for. */
  readonly room: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Token buckets in memory, one a principal. Two containers know nothing of each other: what Lambda runs side by side counts apart,
 * and a store that all would share costs more for each batch than what it saves.
 */
export function createBatchRate(clock: Clock): BatchRate {
  // Bounded: only principals of the policy are asked for.
  const buckets = new Map<string, Bucket>();
  return {
    take(principal, perSecond) {
      const now = clock();
      const most = Math.max(1, perSecond);
      const { room, at } = buckets.get(principal) ?? { room: most, at: now };
      // A clock that was set back must not empty a bucket.
      const filled = Math.min(most, room + (Math.max(0, now - at) / 1000) * perSecond);
      if (filled < 1) {
        buckets.set(principal, { room: filled, at: now });
        return ((1 - filled) / perSecond) * 1000;
      }
      buckets.set(principal, { room: filled - 1, at: now });
      return 0;
    },
  };
}
