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

/** What `judge` gives. @throws JudgingFailedError for whatever it throws */
export function orJudgingFailed<T>(table: string, judge: () => T): T {
  try {
    return judge();
  } catch (cause) {
    throw new JudgingFailedError(table, { cause });
  }
}
