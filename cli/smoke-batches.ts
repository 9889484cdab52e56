import { gzipSync } from 'node:zlib';
import type { BatchRequest, BatchRequestInput } from '../functions/shared/batch-request.ts';
import type { Check, SmokeRequest } from './smoke-check.ts';

/** A check that one request makes. */
export interface Trial extends Check {
  readonly request: SmokeRequest;
}

/** A batch of one row that fits the stream, signed; with changes or as it is. Each has an id of its own. */
export type SignBatch = (changes?: Partial<BatchRequestInput>) => BatchRequest;

/** A row that fits the stream. */
export type Row = Readonly<Record<string, unknown>>;

const STORED = 'ingest 200 stored 1 of 1';

/** Trials that store a row: batch and repetition under one id, and a second batch. */
export function goodBatches(sign: SignBatch, row: Row, batchId: string, gzipId: string): readonly Trial[] {
  const stored = (check: string, changes: Partial<BatchRequestInput>, ...also: readonly string[]): Trial => ({
    check,
    expected: [STORED, ...also],
    request: { method: 'POST', ...sign(changes) },
  });
  return [
    stored('a good batch', { batchId }),
    stored('the same batch again', { batchId }),
    stored('a batch as gzip', { ...gzipped(JSON.stringify(row)), batchId: gzipId }),
    // The gateway may hand gzip under a text type over as text, which destroys it: then it has to be refused.
    stored(
      'gzip as JSON',
      { ...gzipped(JSON.stringify([row])), contentType: 'application/json' },
      'ingest 415 ENCODING_UNSUPPORTED',
    ),
  ];
}

/** Gzip, under the type with which it reaches ingest whole. */
export function gzipped(text: string): Pick<BatchRequestInput, 'body' | 'contentEncoding' | 'contentType'> {
  return { body: gzipSync(text), contentEncoding: 'gzip', contentType: 'application/x-ndjson' };
}
