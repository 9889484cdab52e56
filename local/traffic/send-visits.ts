import { randomUUID } from 'node:crypto';
import type { AskEdge } from './ask-edge.ts';
import { postBatch } from './post-batch.ts';
import { addTo, refuse, type Tally } from './tally.ts';
import { type Visit, visits } from './visitors.ts';

export interface SendVisitsOptions {
  readonly seed: number;
  readonly ask: AskEdge;
  /** Whose pages post the batches. */
  readonly origin: string;
  readonly tally: Tally;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Enough to see the pipeline move, little enough to leave the machine alone. */
const VISITS_PER_SECOND = 4;

/** Lets seeded visitors come to the site until stopped: each asks for its pages, then its page posts what happened on it. */
export function sendVisits(options: SendVisitsOptions) {
  const source = visits(options.seed, Date.now);
  const running = new Set<Promise<void>>();
  const pace = setInterval(() => {
    const coming = visit(source.next().value, options).finally(() => running.delete(coming));
    running.add(coming);
  }, 1000 / VISITS_PER_SECOND);
  return {
    /** Resolves when every visitor has left. */
    async stop() {
      clearInterval(pace);
      await Promise.all(running);
    },
  };
}

async function visit({ headers, paths, events }: Visit, options: SendVisitsOptions): Promise<void> {
  const { ask, tally } = options;
  for (const target of paths) {
    tally.events++;
    try {
      addTo(tally.answers, (await ask({ method: 'GET', target, headers })).status);
    } catch {
      refuse(tally, 'NO_ANSWER', 1);
    }
  }
  tally.events += events.length;
  await postBatch({ id: randomUUID(), headers, events }, options);
}
