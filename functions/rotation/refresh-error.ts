import { describeFault } from '../shared/describe-fault.ts';
import { type EdgeNetwork, MOST_ITEM_BYTES } from '../shared/edge-kv.ts';

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

/** The issuer makes tokens that would run out among refreshes that are merely late. */
export class TokenLifetimeTooShortError extends Error {
  override readonly name = 'TokenLifetimeTooShortError';
  readonly code = 'TOKEN_LIFETIME_TOO_SHORT';
  readonly retryable = false;
  constructor(lifetimeSeconds: number, leastSeconds: number) {
    super(
      `A token lives ${lifetimeSeconds} s, at least ${leastSeconds} s (four refresh periods) are needed. Nothing was ` +
        'pushed; raise the lifetime at the issuer, or lower edge.refreshMinutes.',
    );
  }
}

/** A push that EdgeKV did not take, or that was not even tried. */
export interface PushFailure {
  readonly network: EdgeNetwork;
  readonly item: string;
  readonly fault: unknown;
}

/** Some items could not be pushed; all others were. */
export class RefreshIncompleteError extends Error {
  override readonly name = 'RefreshIncompleteError';
  readonly code = 'EDGE_REFRESH_INCOMPLETE';
  readonly retryable = true;
  readonly failures: readonly PushFailure[];

  constructor(failures: readonly PushFailure[], tried: number) {
    const reasons = failures.map(({ network, item, fault }) => {
      const { detail, code, error } = describeFault(fault);
      return `${network}/${item}: ${String(detail ?? code ?? error)}`;
    });
    super(`EdgeKV did not take ${failures.length} of ${tried} items. ${reasons.join(' ')}`);
    this.failures = failures;
  }
}
