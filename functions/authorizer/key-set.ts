import type { JSONWebKeySet } from 'jose';
import type { Clock } from '../shared/clock.ts';
import { fetchKeySet } from './fetch-key-set.ts';
import { KeySetUnavailableError } from './key-set-unavailable-error.ts';

/** A key set could not be read anew, and the last one serves on. */
export interface StaleKeySet {
  readonly url: string;
  /** Milliseconds since it was read. */
  readonly ageMs: number;
}

export interface KeySetCacheOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
  /** Is told once for each fetch that failed. */
  readonly onFailure: (error: KeySetUnavailableError) => void;
  /** Is told besides, where a set that is past its age serves on. */
  readonly onStale: (stale: StaleKeySet) => void;
}

/** A key that was withdrawn is refused at most so much later, as long as the issuer answers. */
const FRESH_MS = 10 * 60_000;
/** In an outage of the issuer its keys serve for so long. Longer, and whoever has an old key would gain from the outage. */
const MOST_AGE_MS = 60 * 60_000;
/** After each fetch, good or bad, so long no other; up to a third longer, so that containers do not ask in step. */
const COOLDOWN_MS = 30_000;

interface Held {
  good?: {
    readonly keys: JSONWebKeySet;
    readonly kids: ReadonlySet<unknown>;
    readonly readAt: number;
    readonly freshUntil: number;
  };
  /** Of the last fetch, where it failed. */
  failure?: KeySetUnavailableError | undefined;
  quietUntil: number;
  running?: Promise<void> | undefined;
}

/**
 * Key sets by URL: one fetch at a time, at most 10 minutes old, up to an hour while the issuer does not answer. Neither an outage nor a
 * flood of tokens becomes a flood of fetches: after each fetch there is none for half a minute. A `kid` that is not in the set asks
 * anew.
 */
export function createKeySetCache({ fetch, clock, random = Math.random, onFailure, onStale }: KeySetCacheOptions) {
  const sets = new Map<string, Held>();

  async function load(url: string, held: Held): Promise<void> {
    const readAt = clock();
    try {
      const keys = await fetchKeySet(fetch, url);
      const kids = new Set(keys.keys.map(({ kid }) => kid));
      held.good = { keys, kids, readAt, freshUntil: readAt + FRESH_MS * (1 - random() / 10) };
      held.failure = undefined;
    } catch (error) {
      if (!(error instanceof KeySetUnavailableError)) throw error;
      held.failure = error;
      onFailure(error);
      const ageMs = clock() - (held.good?.readAt ?? Number.NEGATIVE_INFINITY);
      if (held.good !== undefined && clock() >= held.good.freshUntil && ageMs < MOST_AGE_MS) onStale({ url, ageMs });
    } finally {
      held.quietUntil = clock() + COOLDOWN_MS * (1 + random() / 3);
    }
  }

  /**
   * @param kid the key that is wanted
   * @throws KeySetUnavailableError where it cannot be said whether the issuer has such a key
   */
  return async function keySet(url: string, kid: string): Promise<JSONWebKeySet> {
    const held: Held = sets.get(url) ?? { quietUntil: Number.NEGATIVE_INFINITY };
    sets.set(url, held);
    const fresh = held.good !== undefined && clock() < held.good.freshUntil;
    if (!(fresh && held.good?.kids.has(kid)) && clock() >= held.quietUntil) {
      held.running ??= load(url, held).finally(() => {
        held.running = undefined;
      });
      await held.running;
    }
    const { good, failure } = held;
    const usable = good !== undefined && clock() - good.readAt < MOST_AGE_MS;
    // A key that is not in the set may be new: while the issuer does not answer, that is no proof against the token.
    if (usable && (failure === undefined || good.kids.has(kid))) return good.keys;
    throw failure ?? new KeySetUnavailableError(url, 'the last reading is too old');
  };
}
