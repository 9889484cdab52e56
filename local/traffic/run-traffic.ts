import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from '../start-stack.ts';
import { createEdgeClient } from './ask-edge.ts';
import { type ReplayMode, replayLog } from './replay-log.ts';
import { type LedgerSums, readLedger, stateLine } from './report-state.ts';
import { sendVisits } from './send-visits.ts';
import { settle } from './settle.ts';
import { summarize } from './summary.ts';
import { createTally } from './tally.ts';

export interface TrafficRun {
  /** Resolves when everything has been sent and has come to rest: never, for visitors. */
  readonly finished: Promise<void>;
  /** Sends no more, waits for what is under way, and tells what became of everything. @returns missing events */
  stop(): Promise<number>;
}

export type TrafficSource =
  | { readonly kind: 'visitors' }
  | { readonly kind: 'replay'; readonly file: string; readonly mode: ReplayMode };

const STATE_EVERY_MS = 5000;
const SEED = 20_261_123;
const CONNECTIONS = 32;

/** Events of requests between visitor and ingest's answer. */
const MOST_UNDER_WAY = 32;
const READY_LOOK_MS = 5;
/** Then something was lost on its way, which the summary tells; the rest is sent all the same. */
const READY_PATIENCE_MS = 2000;

/** Sends visitors, or a log, through the stack's edge, and prints the pipeline's state as plain lines. */
export async function runTraffic(
  stack: Stack,
  database: string,
  source: TrafficSource,
  print: (text: string) => void,
): Promise<TrafficRun> {
  const nothing: LedgerSums = { stored: 0, quarantined: 0, missing: 0, duplicates: 0 };
  // A data directory that was used before has rows already.
  const before = (await readLedger(stack.ready, database)) ?? nothing;
  const tally = createTally();
  const startedAt = performance.now();
  const { ask, close } = createEdgeClient(stack.ready.edge, CONNECTIONS);
  const interrupt = new AbortController();
  const sending = { ask, tally, pause, origin: stack.ready.edge, signal: interrupt.signal };
  const state = setInterval(() => {
    stateLine(stack, database, tally).then(print, (error: Error) => print(error.message));
  }, STATE_EVERY_MS).unref();
  let seconds: number | undefined;
  const rest = async () => {
    if (seconds !== undefined) return;
    await settle(stack, database, tally, before, pause);
    seconds ??= (performance.now() - startedAt) / 1000;
  };

  const handledBefore = handledBatches(stack);
  const ready = async (sent: number) => {
    for (let waited = 0; waited < READY_PATIENCE_MS; waited += READY_LOOK_MS) {
      if (sent - (handledBatches(stack) - handledBefore) < MOST_UNDER_WAY) return;
      await pause(READY_LOOK_MS);
    }
  };

  const visitors = source.kind === 'visitors' ? sendVisits({ ...sending, seed: SEED }) : undefined;
  const replaying = source.kind === 'replay' ? replayLog({ ...source, ...sending, ready }) : undefined;
  const finished = replaying?.then(rest) ?? new Promise<void>(() => {});
  return {
    finished,
    async stop() {
      clearInterval(state);
      interrupt.abort();
      await Promise.all([visitors?.stop(), replaying]);
      await rest();
      const { text, missing } = await summarize(stack, database, tally, before, seconds ?? 0);
      close();
      print(`\nsummary ${text}`);
      return missing;
    },
  };
}

function handledBatches({ metrics }: Stack): number {
  const outcomes = ['BatchesStored', 'BatchesSpooled', 'BatchesRefused', 'BatchesUnavailable'] as const;
  return outcomes.reduce((sum, outcome) => sum + (metrics.get(outcome) ?? 0), 0);
}
