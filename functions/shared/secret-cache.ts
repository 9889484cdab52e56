import type { Clock } from './clock.ts';
import type { SecretStore } from './secret-store.ts';

/** A secret kept for a while in the container and parsed once per version. */
export interface CachedSecret<T> {
  /** The value, at most `ttlMs` old. */
  get(): Promise<T>;
  /** Forgets the value: the next `get` asks the store. Call it once after the service refused the credential. */
  expire(): void;
}

/**
 * Keeps a secret for `ttlMs`; concurrent callers share one read.
 *
 * @param ttlMs default 60 s: a rotated password is then used at most a minute later, well inside the overlap
 * @throws what the store or `parse` throws
 */
export function cachedSecret<T>(
  store: SecretStore,
  name: string,
  parse: (text: string) => T,
  clock: Clock,
  ttlMs = 60_000,
): CachedSecret<T> {
  let entry: { readonly value: Promise<T>; readonly readAt: number } | undefined;
  return {
    get() {
      if (entry !== undefined && clock() - entry.readAt < ttlMs) return entry.value;
      const value = store.read(name).then(parse);
      const mine = { value, readAt: clock() };
      entry = mine;
      value.catch(() => {
        if (entry === mine) entry = undefined;
      });
      return value;
    },
    expire() {
      entry = undefined;
    },
  };
}
