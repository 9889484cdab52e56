import type { BenchBatch } from './bench-batch.ts';

/** A batch that was not stored: a figure that counts it would be worthless. */
export class BatchNotStoredError extends Error {
  override readonly name = 'BatchNotStoredError';
  readonly code = 'BATCH_NOT_STORED';

  constructor({ rows, format }: Pick<BenchBatch, 'rows' | 'format'>, seen: string) {
    super(`A batch of ${rows} rows as ${format} was not stored: expected 200, saw ${seen}. Is the machine busy?`);
  }
}
