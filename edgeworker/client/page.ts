import type { EdgeCrypto } from '../src/platform.ts';

/** What the client uses of a browser, as an argument: its decisions run in tests without one. */
export interface Page {
  /** Shared by all pages of the site, now and later. */
  readonly storage: Record<string, string | undefined>;
  readonly crypto: Pick<EdgeCrypto, 'getRandomValues'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** False where the browser knows that it has no network. */
  readonly isOnline: () => boolean;
  /** Posts text so that the page may go meanwhile. Rejects where no answer came. */
  readonly post: (url: string, body: string) => Promise<PostAnswer>;
  /** Runs something once, later, unless what it returns is called. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** Runs something whenever the page may be about to go, is back, or has a network again. */
  readonly onChange: (run: () => void) => void;
  /** What an event says of itself where nobody else does. */
  readonly defaults: () => object;
}

export interface PostAnswer {
  readonly status: number;
  /** The header `Retry-After`. */
  readonly retryAfter: string | null;
  /** It is `application/problem+json`: nobody but the collector refuses in that form. */
  readonly isProblem: boolean;
}
