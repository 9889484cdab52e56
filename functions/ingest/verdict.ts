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

/** Faults of a batch that are told in words, to its sender; quarantine keeps code and column of all of them. */
export const MOST_TOLD = 100;

/** Of later faults the words are left out: of 10,000 rows of {} they would be 30 MB in the spool. */
export function freezeVerdict(contract: string, refused: readonly RefusedRow[]): Verdict {
  let told = 0;
  const frozen = refused.map(({ row, line, faults }) => ({
    row,
    line,
    faults: faults.map((fault) => (told++ < MOST_TOLD ? fault : { ...fault, message: '' })),
  }));
  return { contract, refused: frozen };
}
