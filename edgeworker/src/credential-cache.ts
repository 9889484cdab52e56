import { type Credentials, isExpired, parseCredentials } from './credentials.ts';
import type { ItemRead } from './read-item.ts';

/**
 * Holds the credentials between requests, where the platform lets it: Akamai keeps module state at its own discretion, so
 * nothing depends on a hit. Starts empty.
 */
export interface CredentialCache {
  held?: HeldCredentials | undefined;
  refused?: RefusedToken | undefined;
}

interface HeldCredentials {
  readonly credentials: Credentials;
  readonly readAtSeconds: number;
}

interface RefusedToken {
  readonly token: string;
  readonly atSeconds: number;
}

export type CredentialLookup =
  | { readonly kind: 'usable'; readonly credentials: Credentials }
  | { readonly kind: 'none'; readonly reason: string }
  /** EdgeKV has no other token than the one that was refused. */
  | { readonly kind: 'refused' };

/** Held ones are read again at this age, so that a revoked or renewed token is out of use within a minute. */
const HOLD_SECONDS = 60;
/** … and when less life is left than this: a batch must still be valid when ingest looks at it. */
const LEAST_LIFE_SECONDS = 60;
/**
 * For so long a refused token is not sent again. Then it is tried once: what was wrong may have been a clock or a property, and those are
 * put right without a new token.
 */
export const REFUSED_SECONDS = 60;

/**
 * The credentials to sign with now. Where a new read fails, held ones that have not expired still serve.
 * Reads are not shared between requests: the sub-request of one belongs to it and ends with it.
 */
export async function lookUpCredentials(
  cache: CredentialCache,
  read: () => Promise<ItemRead>,
  nowSeconds: number,
): Promise<CredentialLookup> {
  const { held } = cache;
  if (held !== undefined && isFresh(held, nowSeconds)) return { kind: 'usable', credentials: held.credentials };

  const item = await read();
  const verdict = item.kind === 'found' ? parseCredentials(item.text, nowSeconds) : item;
  if (verdict.kind === 'usable' && !isRefused(cache, verdict.credentials, nowSeconds)) {
    cache.held = { credentials: verdict.credentials, readAtSeconds: nowSeconds };
    return verdict;
  }
  // Looked at again: while this one waited, another request's answer may have refused them.
  const kept = cache.held?.credentials;
  if (kept !== undefined && !isExpired(kept, nowSeconds)) return { kind: 'usable', credentials: kept };
  if (verdict.kind === 'usable') return { kind: 'refused' };
  return { kind: 'none', reason: verdict.kind === 'refused' ? `the EdgeKV item is ${verdict.reason}` : verdict.reason };
}

/** Forgets credentials that were refused, unless others have taken their place meanwhile, and remembers which they were. */
export function dropCredentials(cache: CredentialCache, { token }: Credentials, nowSeconds: number): void {
  cache.refused = { token, atSeconds: nowSeconds };
  if (cache.held?.credentials.token === token) cache.held = undefined;
}

function isRefused({ refused }: CredentialCache, { token }: Credentials, nowSeconds: number): boolean {
  if (refused?.token !== token) return false;
  const age = nowSeconds - refused.atSeconds;
  return age >= 0 && age < REFUSED_SECONDS;
}

function isFresh({ credentials, readAtSeconds }: HeldCredentials, nowSeconds: number): boolean {
  const age = nowSeconds - readAtSeconds;
  return age >= 0 && age <= HOLD_SECONDS && credentials.exp - nowSeconds >= LEAST_LIFE_SECONDS;
}
