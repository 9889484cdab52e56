import { parseRetryAfter } from '../functions/shared/retry-after.ts';
import type { Answer, Receipt, Refusal } from './api-answer.ts';

/** How one attempt to send a batch ended. */
export type Attempt =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly retryAfter: string | null }
  /** No answer: refused, reset or timed out. The batch may have been stored all the same. */
  | { readonly kind: 'unanswered'; readonly reason: string };

export interface AttemptState {
  /** Attempts made, this one included. */
  readonly made: number;
  /** Whether the credentials were read anew for this batch. */
  readonly renewed: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** From 0 to 1: spreads the senders that failed together. */
  readonly random: number;
}

export type Next =
  | { readonly kind: 'done'; readonly receipt: Receipt }
  | { readonly kind: 'retry'; readonly waitMs: number }
  | { readonly kind: 'renew' }
  /** This batch is not taken; another may be. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** No batch would be taken. */
  | { readonly kind: 'stop'; readonly refusal: Refusal };

/** An answer that costs a batch at most this many attempts. */
export const MOST_ATTEMPTS = 5;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A signature is good for 300 s, and each attempt makes its own: a longer wish is the operator's to grant. */
const LONGEST_RETRY_AFTER_MS = 120_000;

/** What to do after an attempt. A retry is safe in every case: same id and bytes are stored once. */
export function decideNext(attempt: Attempt, state: AttemptState): Next {
  if (attempt.kind === 'unanswered') return retry(attempt.reason, null, state);
  if (attempt.answer.kind === 'receipt') return { kind: 'done', receipt: attempt.answer.receipt };
  const { refusal } = attempt.answer;
  if (refusal.status === 401 && refusal.code === 'TOKEN_EXPIRED' && !state.renewed) return { kind: 'renew' };
  if (refusal.status !== 429 && refusal.status < 500) return { kind: 'stop', refusal };
  return retry(`${refusal.status} ${refusal.code ?? ''}`.trim(), attempt.retryAfter, state);
}

function retry(reason: string, retryAfter: string | null, state: AttemptState): Next {
  if (state.made >= MOST_ATTEMPTS) return { kind: 'failed', reason: `${reason} after ${state.made} attempts` };
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** (state.made - 1), LONGEST_WAIT_MS) * (0.5 + state.random / 2);
  const asked = Math.min(parseRetryAfter(retryAfter, state.now), LONGEST_RETRY_AFTER_MS);
  return { kind: 'retry', waitMs: Math.round(Math.max(backoff, asked)) };
}
