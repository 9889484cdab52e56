import { setImmediate } from 'node:timers/promises';

/** A clock that stands still until it is moved, and wakes in their order those who wait on it. */
export interface SimulatedTime {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Moves on to a time; whoever wakes on the way does its work at its own time. */
  advanceTo(time: number): Promise<void>;
}

/** Promises of our own code and of `fetch` answers settle within these turns of the event loop. */
const TURNS = 4;

export function simulatedTime(start: number): SimulatedTime {
  let now = start;
  let sleepers: readonly { readonly at: number; readonly wake: () => void }[] = [];
  return {
    clock: () => now,
    pause: (milliseconds) =>
      new Promise((wake) => {
        sleepers = [...sleepers, { at: now + milliseconds, wake }];
      }),
    async advanceTo(time) {
      for (;;) {
        const next = sleepers.reduce<(typeof sleepers)[number] | undefined>(
          (first, one) => (one.at <= time && (first === undefined || one.at < first.at) ? one : first),
          undefined,
        );
        if (next === undefined) break;
        sleepers = sleepers.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.wake();
        for (let turn = 0; turn < TURNS; turn++) await setImmediate();
      }
      now = time;
    },
  };
}
