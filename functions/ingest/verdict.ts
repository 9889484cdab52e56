import type { RefusedRow } from './judge-rows.ts';

/**
 * What a batch's rows were judged to be, once and for all: whatever happens to the table or to ClickHouse afterwards, the same
 * rows are stored and the same rows go to quarantine (design §3.5).
 */
export interface Verdict {
  /** Hash of the contract by which the rows were judged. */
  readonly contract: string;
  readonly refused: readonly FrozenRow[];
}

/** A refused row; its text is in the body. */
export type FrozenRow = Omit<RefusedRow, 'raw'>;

export function freezeVerdict(contract: string, refused: readonly RefusedRow[]): Verdict {
  return { contract, refused: refused.map(({ row, line, faults }) => ({ row, line, faults })) };
}
