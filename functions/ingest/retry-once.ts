import { setTimeout } from 'node:timers/promises';
import { type BatchInsert, type BatchStore, StoreError } from './batch-store.ts';
import { FAULT_HANDLING } from './clickhouse-codes.ts';

type BatchInserter = Pick<BatchStore, 'insert'>;

/** Long enough for a crowd to thin out, short beside what a batch may wait. */
const PAUSE_MS = 100;

/**
 * The store with one second attempt for all inserts of one request together: the same rows under the same token, so that nothing is
 * stored twice whatever became of the first. The second one's query id ends in `:again`.
 */
export function retryOnce(store: BatchInserter): BatchInserter {
  let left = 1;
  return {
    async insert(insert) {
      try {
        await store.insert(insert);
      } catch (error) {
        if (left === 0 || insert.signal.aborted || !isWorthASecond(error)) throw error;
        left--;
        await attemptAgain(insert, error);
      }
    },
  };

  async function attemptAgain(insert: BatchInsert, first: unknown): Promise<void> {
    try {
      await setTimeout(PAUSE_MS, undefined, { signal: insert.signal });
    } catch {
      // Patience ended in the pause: what happened is what the first attempt met with.
      throw first;
    }
    // ClickHouse refuses a query id that may still be running.
    await store.insert({ ...insert, queryId: `${insert.queryId}:again` });
  }
}

function isWorthASecond(error: unknown): boolean {
  return error instanceof StoreError && FAULT_HANDLING[error.fault].retry;
}
