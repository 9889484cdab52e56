import type { Refusal } from './api-answer.ts';
import type { Batch } from './make-batches.ts';
import type { BatchResult } from './send-batch.ts';

export interface SendRowsOptions<T extends Batch> {
  readonly batches: AsyncGenerator<T>;
  /** Batches in flight at once; so many and one more are held in memory. */
  readonly concurrency: number;
  readonly send: (batch: T) => Promise<BatchResult>;
  /** Called once a batch, in the order of the answers. */
  readonly onResult: (batch: T, result: BatchResult) => void;
}

/**
 * Sends batch after batch until there are no more, or one answer says that none would be taken.
 *
 * @returns that answer
 * @throws what reading the input, making a batch or the credentials throw
 */
export async function sendRows<T extends Batch>({
  batches,
  concurrency,
  send,
  onResult,
}: SendRowsOptions<T>): Promise<Refusal | undefined> {
  let stop: Refusal | undefined;
  let failed = false;
  const work = async (): Promise<void> => {
    while (stop === undefined && !failed) {
      const { done, value: batch } = await batches.next();
      if (done === true) return;
      const result = await send(batch);
      onResult(batch, result);
      if (result.kind === 'stop') stop ??= result.refusal;
    }
  };
  const guarded = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed = true;
      throw error;
    }
  };

  const ends = await Promise.allSettled(Array.from({ length: concurrency }, guarded));
  // Closes the input.
  await batches.return(undefined);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return stop;
}
