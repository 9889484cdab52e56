import { RefreshIncompleteError } from './refresh-error.ts';

export interface RetryDependencies {
  readonly pause: (milliseconds: number) => Promise<void>;
  /** When it aborts, no further attempt begins. */
  readonly signal: AbortSignal;
}

/**
 * A token of four periods that was made a moment before the first of three refreshes is missed has this much left when an outage
 * of 40 min ends, by the defaults: 60 - 15 - 40 = 5 min. Scheduler may have been a minute late with the missed one
 * (docs.aws.amazon.com/scheduler, "Schedule types": a precision of 60 s), EdgeKV takes up to 2 min, an EdgeWorker's clock is up to
 * a minute ahead: that leaves one for noticing the end of the outage and for a push that gets lost.
 */
const AGAIN_MS = 20_000;

/** Lambda calls for 15 minutes at most (docs.aws.amazon.com/lambda, "Lambda quotas"). */
export const LONGEST_CALL_MINUTES = 15;

/** Minutes that the function which refreshes has: until the next refresh is due, so that somebody always tries. */
export function refreshPatienceMinutes(refreshMinutes: number): number {
  return Math.min(refreshMinutes, LONGEST_CALL_MINUTES);
}

/**
 * Refreshes, and tries again every 20 s what failed and may pass by itself. Lambda alone would call again after one minute and after
 * two more, and then never (docs.aws.amazon.com/lambda, "Retry behavior for asynchronous invocation"); Scheduler sees only that Lambda
 * took the call.
 *
 * @param attempt of these EdgeWorkers only
 * @throws what the last attempt threw: when no time is left, or when nothing that failed can pass by itself
 */
export async function retryRefresh(
  edgeWorkerIds: readonly number[],
  attempt: (edgeWorkerIds: readonly number[]) => Promise<void>,
  { pause, signal }: RetryDependencies,
): Promise<void> {
  const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  let left = edgeWorkerIds;
  for (;;) {
    try {
      return await attempt(left);
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      if (error instanceof RefreshIncompleteError) left = failedIn(error);
      await Promise.race([pause(AGAIN_MS), over]);
      if (signal.aborted) throw error;
    }
  }
}

function failedIn({ tokens, pushes }: RefreshIncompleteError): readonly number[] {
  return [...new Set([...tokens.map(({ edgeWorkerId }) => edgeWorkerId), ...pushes.map(({ item }) => Number(item))])];
}

/** Faults of ours say whether they may; of others nobody knows. */
function mayPass(error: unknown): boolean {
  if (error instanceof RefreshIncompleteError) {
    return [...error.tokens, ...error.pushes].some(({ fault }) => mayPass(fault));
  }
  return !(error instanceof Error && 'retryable' in error && error.retryable === false);
}
