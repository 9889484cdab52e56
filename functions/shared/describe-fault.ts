/**
 * A fault as it may be logged: messages of our own errors hold no values, those of others are left out. `detail`, because a log
 * line has a `message` already.
 */
export function describeFault(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error ? { code: error.code } : {};
  // All of ours say whether to try again; ClickHouse's and the SDK's have a code too, and may quote rows.
  return 'retryable' in error ? { error: error.name, ...code, detail: error.message } : { error: error.name, ...code };
}
