import type { Stack } from '../start-stack.ts';
import { countMissing, type LedgerSums, readLedger } from './report-state.ts';
import type { Tally } from './tally.ts';

const LOOK_EVERY_MS = 250;
/** With nothing new for so long, nothing more is to come. Longer than an outage that the spool is watched through. */
const PATIENCE_MS = 45_000;

/** Resolves when everything that was sent has come to rest, or when nothing has changed for long. */
export async function settle(
  { ready, queue }: Pick<Stack, 'ready' | 'queue'>,
  database: string,
  tally: Tally,
  before: LedgerSums,
  pause: (milliseconds: number) => Promise<void>,
): Promise<void> {
  let [seen, unchangedMs] = ['', 0];
  while (unchangedMs < PATIENCE_MS) {
    const sums = await readLedger(ready, database);
    const missing = sums === undefined ? undefined : countMissing(tally, sums, before);
    if (missing === 0 && queue.waiting() === 0) return;
    const state = `${missing} ${queue.waiting()}`;
    unchangedMs = state === seen ? unchangedMs + LOOK_EVERY_MS : 0;
    seen = state;
    await pause(LOOK_EVERY_MS);
  }
}
