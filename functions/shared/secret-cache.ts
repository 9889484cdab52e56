import type { Clock } from './clock.ts';
import type { SecretStore } from './secret-store.ts';

/** A secret kept for a while in the container and parsed once per version. */
export interface CachedSecret<T> {
  /** The value, at most `ttlMs` old; older only as long as no new one can be had, and then at most `MOST_SECRET_AGE_MS`. */
  get(): Promise<T>;
  /**
   * Makes the next `get` ask the store. Call it once after the service refused the credential.
   *
   * @param refused what `get` gave: where another caller has had it read anew, or the store failed a moment ago, nothing is asked
   */
  expire(refused?: T): void;
}

/** No secret is used that was read longer ago: a roll waits for so long before it relies on what it wrote. */
export const MOST_SECRET_AGE_MS = 60 * 60_000;

/** After a read that failed, the store is left alone for so long: each try may take seconds of a batch's time. */
const TRY_AGAIN_MS = 10_000;

/** A secret could not be read anew, and the last good value serves on. */
export interface StaleSecret {
  readonly name: string;
  /** Milliseconds since the value was read. */
  readonly ageMs: number;
  /** What the store or `parse` threw. */
  readonly cause: unknown;
}

export interface SecretCacheOptions {
  /**
   * Milliseconds; a tenth of it, by chance, is taken off, so that containers that started together do not ask together.
   *
   * @default 60_000: a rotated password is then used at most a minute later, well inside the overlap
   */
  readonly ttlMs?: number;
  /** Is told once for each read that failed while a last good value serves. @default nobody is */
  readonly onStale?: (stale: StaleSecret) => void;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
}

/** What callers get until a time. */
interface Held<T> {
  readonly value: Promise<T>;
  until: number;
  /** `stale`: the store failed, and is left alone until then. */
  state: 'reading' | 'read' | 'stale';
}

/**
 * Keeps a secret for `ttlMs`; concurrent callers share one read. Where the store fails, or holds what cannot be parsed, the last
 * good value serves for up to an hour.
 *
 * @throws what the store or `parse` throws, where there is no good value that is young enough
 */
export function cachedSecret<T>(
  store: SecretStore,
  name: string,
  parse: (text: string) => T,
  clock: Clock,
  { ttlMs = 60_000, onStale = () => undefined, random = Math.random }: SecretCacheOptions = {},
): CachedSecret<T> {
  let good: { readonly value: T; readonly readAt: number } | undefined;
  let held: Held<T> | undefined;

  async function read(readAt: number): Promise<T> {
    const value = parse(await store.read(name));
    if (good === undefined || good.readAt <= readAt) good = { value, readAt };
    return value;
  }

  /** The last good value, or the failure itself where there is none that is young enough. */
  function fallBack(cause: unknown, mine: Held<T>): T {
    const now = clock();
    if (good === undefined || now - good.readAt >= MOST_SECRET_AGE_MS) {
      if (held === mine) held = undefined;
      throw cause;
    }
    onStale({ name, ageMs: now - good.readAt, cause });
    mine.until = Math.min(now + TRY_AGAIN_MS, good.readAt + MOST_SECRET_AGE_MS);
    mine.state = 'stale';
    return good.value;
  }

  return {
    get() {
      const now = clock();
      if (held !== undefined && now < held.until) return held.value;
      const mine: Held<T> = {
        value: read(now).then(
          (value) => {
            mine.state = 'read';
            return value;
          },
          (cause: unknown) => fallBack(cause, mine),
        ),
        until: now + ttlMs * (1 - random() / 10),
        state: 'reading',
      };
      held = mine;
      return mine.value;
    },
    expire(refused) {
      if (refused !== undefined && (held?.state !== 'read' || good?.value !== refused)) return;
      held = undefined;
    },
  };
}
