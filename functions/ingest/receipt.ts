import type { StoreOutcome } from './store-or-spool.ts';
import { type FrozenRow, MOST_TOLD } from './verdict.ts';

/** What a caller is told about its batch (design §3.2). */
export interface Receipt {
  readonly batchId: string;
  readonly stream: string;
  readonly outcome: 'stored' | 'quarantined' | 'spooled';
  readonly received: number;
  /** null in a batch that was spooled before its rows could be judged; so is `quarantined`. */
  readonly accepted: number | null;
  readonly quarantined: number | null;
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

export function makeReceipt(batchId: string, stream: string, received: number, outcome: StoreOutcome): Receipt {
  const judged = outcome.kind === 'stored' ? outcome : outcome.verdict;
  const refused = judged?.refused ?? [];
  const accepted = received - refused.length;
  return {
    batchId,
    stream,
    outcome: outcome.kind === 'spooled' ? 'spooled' : accepted > 0 ? 'stored' : 'quarantined',
    received,
    accepted: judged === null ? null : accepted,
    quarantined: judged === null ? null : refused.length,
    errors: refused.slice(0, MOST_TOLD).flatMap(rowErrors).slice(0, MOST_TOLD),
  };
}

function rowErrors({ row, line, faults }: FrozenRow): readonly RowError[] {
  return faults.map((fault) => ({ row, ...(line === undefined ? {} : { line }), ...fault }));
}
