import type { RefusedRow } from './judge-rows.ts';

/** What a caller is told about its batch (design §3.2). */
export interface Receipt {
  readonly batchId: string;
  readonly stream: string;
  readonly outcome: 'stored' | 'quarantined';
  readonly received: number;
  readonly accepted: number;
  readonly quarantined: number;
  /** The first 100 faults, in the order of rows. */
  readonly errors: readonly RowError[];
}

export interface RowError {
  /** Counts data rows from 0. */
  readonly row: number;
  readonly line?: number;
  readonly column: string;
  readonly code: string;
  readonly message: string;
}

const MOST_ERRORS = 100;

export function makeReceipt(
  batchId: string,
  stream: string,
  accepted: number,
  refused: readonly RefusedRow[],
): Receipt {
  const errors = refused.slice(0, MOST_ERRORS).flatMap(({ row, line, faults }) =>
    faults.map(({ column, code, message }) => ({
      row,
      ...(line === undefined ? {} : { line }),
      column,
      code,
      message,
    })),
  );
  return {
    batchId,
    stream,
    outcome: accepted > 0 ? 'stored' : 'quarantined',
    received: accepted + refused.length,
    accepted,
    quarantined: refused.length,
    errors: errors.slice(0, MOST_ERRORS),
  };
}
