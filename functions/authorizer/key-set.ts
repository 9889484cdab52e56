import type { JSONWebKeySet } from 'jose';
import type { Clock } from '../shared/clock.ts';

/** A key set could not be had. Infrastructure, not the caller: the gateway answers 500 and caches nothing. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError';
  readonly code = 'KEY_SET_UNAVAILABLE';
  readonly retryable = true;
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`The key set ${url} could not be read: ${reason}. Check that the issuer answers.`, options);
  }
}

export interface KeySetCacheOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly onFailure: (error: KeySetUnavailableError) => void;
}

const FRESH_MS = 10 * 60_000;
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 2000;
const MOST_BYTES = 65_536;

/**
 * Key sets by URL: one fetch at a time, at most 10 minutes old, and after a failure no new try for 30 s, so that a flood
 * of tokens never becomes a flood of fetches. A `kid` that is not in the set asks once more, at most every 30 s.
 */
export function createKeySetCache({ fetch, clock, onFailure }: KeySetCacheOptions) {
  const entries = new Map<string, { readonly keys: JSONWebKeySet; readonly at: number }>();
  const failures = new Map<string, { readonly error: KeySetUnavailableError; readonly at: number }>();
  const running = new Map<string, Promise<JSONWebKeySet>>();

  async function load(url: string): Promise<JSONWebKeySet> {
    try {
      const keys = await fetchKeySet(fetch, url);
      entries.set(url, { keys, at: clock() });
      failures.delete(url);
      return keys;
    } catch (cause) {
      const error =
        cause instanceof KeySetUnavailableError ? cause : new KeySetUnavailableError(url, 'no answer', { cause });
      failures.set(url, { error, at: clock() });
      onFailure(error);
      throw error;
    }
  }

  /** @param kid the key that is wanted @throws KeySetUnavailableError */
  return async function keySet(url: string, kid: string): Promise<JSONWebKeySet> {
    const entry = entries.get(url);
    const age = entry === undefined ? Number.POSITIVE_INFINITY : clock() - entry.at;
    const known = entry?.keys.keys.some((key) => key.kid === kid) ?? false;
    if (entry !== undefined && age < FRESH_MS && (known || age < COOLDOWN_MS)) return entry.keys;
    const failure = failures.get(url);
    if (failure !== undefined && clock() - failure.at < COOLDOWN_MS) throw failure.error;
    const loading = running.get(url) ?? load(url).finally(() => running.delete(url));
    running.set(url, loading);
    return loading;
  };
}

async function fetchKeySet(fetch: typeof globalThis.fetch, url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new KeySetUnavailableError(url, `status ${response.status}`);
  const text = await response.text();
  if (text.length > MOST_BYTES) throw new KeySetUnavailableError(url, `more than ${MOST_BYTES} characters`);
  const parsed: unknown = JSON.parse(text);
  if (isKeySet(parsed)) return parsed;
  throw new KeySetUnavailableError(url, 'it is not {"keys": […]}');
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys)) return false;
  return value.keys.every((key: unknown) => typeof key === 'object' && key !== null && 'kty' in key);
}
