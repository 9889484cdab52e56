import type { InputRow } from '../local/log/row-input.ts';

/** Rows that are sent together; every attempt to send them repeats id and body. */
export interface Batch {
  readonly id: string;
  /** Newline-delimited JSON, or CSV with its header. */
  readonly body: Uint8Array;
  /** Line of the input that each row came from: a receipt counts rows from 0. */
  readonly lines: readonly number[];
}

export interface BatchLimits {
  readonly rows: number;
  /** Bytes of the body, uncompressed. A single row that is longer makes a batch of its own. */
  readonly bytes: number;
}

/**
 * Fills batches with rows in their order; a batch closes before the row that would exceed a limit.
 *
 * @param onRefused is told of what the input reader refused, in order
 */
export async function* makeBatches(
  rows: AsyncIterable<InputRow>,
  limits: BatchLimits,
  newId: () => string,
  onRefused: (row: Extract<InputRow, { kind: 'refused' }>) => void,
): AsyncGenerator<Batch> {
  let head: readonly string[] = [];
  let texts: string[] = [];
  let lines: number[] = [];
  let bytes = 0;
  const close = (): Batch => {
    const batch = { id: newId(), body: Buffer.from([...head, ...texts].join('\n')), lines };
    texts = [];
    lines = [];
    bytes = lengthOf(head);
    return batch;
  };

  for await (const row of rows) {
    if (row.kind === 'refused') {
      onRefused(row);
      continue;
    }
    if (row.kind === 'header') {
      head = [row.text];
      bytes = lengthOf(head);
      continue;
    }
    const size = lengthOf([row.text]);
    if (texts.length > 0 && bytes + size > limits.bytes) yield close();
    texts.push(row.text);
    lines.push(row.line);
    bytes += size;
    if (texts.length === limits.rows) yield close();
  }
  if (texts.length > 0) yield close();
}

/** In bytes, each with its line end. */
function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}
