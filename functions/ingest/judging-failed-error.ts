import { ContractUnusableError } from './contract.ts';

/** Reading or judging a batch's rows ended in an exception: a defect of ours, which these rows meet again each time. */
export class JudgingFailedError extends Error {
  override readonly name = 'JudgingFailedError';
  readonly code = 'JUDGING_FAILED';
  readonly retryable = false;
  /** @param options its `cause` may quote rows: only its name is told */
  constructor(table: string, options: ErrorOptions) {
    const seen = options.cause instanceof Error ? options.cause.name : typeof options.cause;
    super(
      `Judging a batch for ${table} ended in ${seen}. Report it with the spooled object, then replay that.`,
      options,
    );
  }
}

/** What `judge` gives. @throws JudgingFailedError for whatever it throws but a ContractUnusableError, which is of the table and no row */
export function orJudgingFailed<T>(table: string, judge: () => T): T {
  try {
    return judge();
  } catch (cause) {
    if (cause instanceof ContractUnusableError) throw cause;
    throw new JudgingFailedError(table, { cause });
  }
}
