import type { Replay } from '../../../functions/replay/replay.ts';
import type { LocalReplayQueue } from '../../../local/spool/replay-queue.ts';

/** Makes the replay queue move when a test says so: nothing is delivered by itself, and nobody waits for a timer. */
export interface SteppedQueue {
  /** Takes the spool's notifications, and keeps them for the next step. */
  readonly announce: (name: string) => void;
  /** For the queue, as its timers. */
  readonly schedule: (milliseconds: number, run: () => void) => () => void;
  /** For the queue, around the function that it delivers to. */
  watch(deliver: Replay): Replay;
  attach(queue: Pick<LocalReplayQueue, 'send' | 'waiting'>): void;
  /** Delivers every message once. Resolves when each is done or back in the queue. */
  step(): Promise<void>;
}

export function stepQueue(): SteppedQueue {
  let announced: string[] = [];
  let queue: Pick<LocalReplayQueue, 'send' | 'waiting'> | undefined;
  let ended: (() => void) | undefined;
  const hidden = new Map<symbol, () => void>();

  const check = (): void => {
    if (queue?.waiting() === hidden.size) ended?.();
  };

  return {
    announce: (name) => void announced.push(name),
    schedule(_milliseconds, run) {
      const timer = Symbol('timer');
      hidden.set(timer, run);
      return () => hidden.delete(timer);
    },
    watch: (deliver) => async (event) => {
      try {
        return await deliver(event);
      } finally {
        // By then the queue has taken the answer in.
        setImmediate(check);
      }
    },
    attach: (attached) => {
      queue = attached;
    },
    async step() {
      const due = [...hidden.values()];
      hidden.clear();
      const names = announced;
      announced = [];
      await new Promise<void>((resolve) => {
        ended = resolve;
        for (const run of due) run();
        for (const name of names) queue?.send(name);
        setImmediate(check);
      });
    },
  };
}
