import type { BodyFormat, DataSet } from './data-sets.ts';
import { encodeRows } from './encode-rows.ts';

/** A body of so many rows, sent again and again under a batch id of its own each time. */
export interface BenchBatch {
  readonly dataSet: DataSet;
  readonly format: BodyFormat;
  readonly rows: number;
  /** As sent. */
  readonly body: Buffer;
  /** Of the body before it was compressed. */
  readonly textBytes: number;
}

/** One seed for all: every run of the bench measures the same rows. */
const SEED = 1;

export function benchBatch(dataSet: DataSet, format: BodyFormat, rows: number): BenchBatch {
  const generated = dataSet.generate(rows, SEED);
  const body = encodeRows(generated, format);
  const textBytes = format === 'gzip' ? encodeRows(generated, 'ndjson').length : body.length;
  return { dataSet, format, rows, body, textBytes };
}

/** How the figures name it, `json, batch of 100`. */
export function subjectOf({ dataSet, format, rows }: Pick<BenchBatch, 'dataSet' | 'format' | 'rows'>): string {
  return `${dataSet.title}${format}, batch of ${rows}`;
}
