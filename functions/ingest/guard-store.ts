import type { BatchStore } from './batch-store.ts';
import type { Breaker } from './breaker.ts';

type IngestStore = Pick<BatchStore, 'describe' | 'insert'>;

/** The store behind a breaker: whoever asks while it is open is refused at once. @throws BreakerOpenError besides what the store throws */
export function guardStore(store: IngestStore, breaker: Breaker): IngestStore {
  return {
    describe: (table, signal) => breaker.run(undefined, () => store.describe(table, signal)),
    insert: (insert) => breaker.run(insert.table, () => store.insert(insert)),
  };
}
