import { describeFault } from '../shared/describe-fault.ts';
import { type EdgeNetwork, MOST_ITEM_BYTES } from '../shared/edge-kv.ts';
import type { PushedItem } from './pushed-item.ts';

export class EdgeItemTooLargeError extends Error {
  override readonly name = 'EdgeItemTooLargeError';
  readonly code = 'EDGE_ITEM_TOO_LARGE';
  readonly retryable = false;
  constructor(bytes: number) {
    super(
      `The EdgeKV item would be ${bytes} bytes, at most ${MOST_ITEM_BYTES}. The previous item stays in force; ` +
        'shorten the claims of its token.',
    );
  }
}

/** A token would run out among refreshes that are merely late. */
export class TokenLifetimeTooShortError extends Error {
  override readonly name = 'TokenLifetimeTooShortError';
  readonly code = 'TOKEN_LIFETIME_TOO_SHORT';
  readonly retryable = false;
  constructor(lifetimeSeconds: number, leastSeconds: number) {
    super(
      `A token lives ${lifetimeSeconds} s, at least ${leastSeconds} s (four refresh periods) are needed. It was not ` +
        'pushed; raise the lifetime at the issuer, or lower edge.refreshMinutes.',
    );
  }
}

/** A token would outlive the key of its batches: a roll of the signing master waits as long as the config says that tokens live. */
export class TokenLifetimeTooLongError extends Error {
  override readonly name = 'TokenLifetimeTooLongError';
  readonly code = 'TOKEN_LIFETIME_TOO_LONG';
  readonly retryable = false;
  constructor(lifetimeSeconds: number, mostSeconds: number) {
    super(
      `A token lives ${lifetimeSeconds} s, at most ${mostSeconds} s (edge.tokenLifetimeMinutes) are expected. It was not ` +
        'pushed; raise edge.tokenLifetimeMinutes, or lower the lifetime at the issuer.',
    );
  }
}

/** An EdgeWorker for which there is no token that may be pushed. */
export interface TokenFailure {
  readonly edgeWorkerId: number;
  readonly fault: unknown;
}

/** A push that EdgeKV did not take, or that was not even tried. */
export interface PushFailure {
  readonly network: EdgeNetwork;
  readonly item: string;
  readonly fault: unknown;
}

export interface RefreshFailures {
  readonly tokens: readonly TokenFailure[];
  readonly pushes: readonly PushFailure[];
  /** What EdgeKV has taken all the same. */
  readonly pushed: readonly PushedItem[];
}

/** Some items could not be made or pushed; all others were. */
export class RefreshIncompleteError extends Error implements RefreshFailures {
  override readonly name = 'RefreshIncompleteError';
  readonly code = 'EDGE_REFRESH_INCOMPLETE';
  readonly retryable = true;
  // Lambda's runtime writes every public member of what a function throws, and a fault that is not ours may quote.
  readonly #failures: RefreshFailures;

  /** @param items how many there would have been, on all networks */
  constructor(failures: RefreshFailures, items: number) {
    const { tokens, pushes } = failures;
    const tokenless = tokens.map(
      ({ edgeWorkerId, fault }) => `EdgeWorker ${edgeWorkerId} has no new token: ${reasonOf(fault)}`,
    );
    const refused = pushes.map(({ network, item, fault }) => `${network}/${item}: ${reasonOf(fault)}`);
    const taken = pushes.length === 0 ? [] : [`EdgeKV did not take ${pushes.length} of ${items} items.`, ...refused];
    super([...tokenless, ...taken].join(' '));
    this.#failures = failures;
  }

  get tokens(): readonly TokenFailure[] {
    return this.#failures.tokens;
  }

  get pushes(): readonly PushFailure[] {
    return this.#failures.pushes;
  }

  get pushed(): readonly PushedItem[] {
    return this.#failures.pushed;
  }
}

/** The code too: it is what logs are searched for. */
function reasonOf(fault: unknown): string {
  const { detail, code, error } = describeFault(fault);
  return detail === undefined ? String(code ?? error) : `${code}: ${detail}`;
}
