/** The queue that announces spooled batches, as replay needs it beyond the messages that it is handed. */
export interface ReplayQueue {
  /** Has an unanswered message delivered again in about `seconds`. */
  postpone(receiptHandle: string, seconds: number): Promise<void>;
  /** Puts a message among the dead letters: replaying it again cannot help before a person has looked. */
  bury(body: string, reason: DeadLetterReason): Promise<void>;
}

/** Why a spooled batch waits for a person. The object itself stays in the spool. */
export const DEAD_LETTER_REASONS = [
  /** The notification names no object of the spool. */
  'MESSAGE_MALFORMED',
  /** The object is not what ingest wrote: its seal, name or digest does not fit. */
  'OBJECT_TAMPERED',
  /** The policy denies the principal now, or knows the principal or the stream no more. */
  'POLICY_DENIED',
  /** Judging or writing its rows ended in an exception of ours, and would again. */
  'JUDGING_FAILED',
  /** The batch cannot be stored under its frozen verdict: the table has changed in a way that its rows no longer fit. */
  'VERDICT_UNFIT',
  /** The ledger has other rows of the batch than its verdict: it was judged twice, or a part of it is gone. */
  'PARTLY_STORED',
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];
