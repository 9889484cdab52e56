import { DOCUMENT_CACHE_SECONDS } from '../issuer/answer-discovery.ts';
import {
  formatIssuerKeys,
  type IssuerKeyName,
  type IssuerKeys,
  otherKey,
  parseIssuerKeys,
  publishedKeys,
} from '../shared/issuer-keys.ts';
import { MOST_SECRET_AGE_MS } from '../shared/secret-cache.ts';
import { ROLL_MARGIN_SECONDS, retireAfterSeconds } from './roll-waits.ts';
import type { VersionedSecretStore } from './versioned-secret-store.ts';

export interface IssuerKeyDependencies {
  readonly store: VersionedSecretStore;
  /** The note's name. */
  readonly secret: string;
  readonly tokenLifetimeSeconds: number;
  /** Seconds since the epoch. */
  readonly now: number;
  /** How many keys the issuer's key set shows at present. Undefined: nobody can look. */
  readonly countShownKeys: (() => Promise<number>) | undefined;
}

/** What comes next in a roll, and the note as it will then be. */
export type IssuerKeyStep =
  /** The other key is published beside the one that signs. */
  | { readonly kind: 'publish'; readonly next: IssuerKeys }
  /** Every verifier knows it by now: tokens are signed with it. */
  | { readonly kind: 'sign'; readonly next: IssuerKeys }
  /** The last token that the old key signed has expired: it is published no more. */
  | { readonly kind: 'retire'; readonly next: IssuerKeys }
  /** Too early, until `until` (seconds since the epoch). */
  | { readonly kind: 'wait'; readonly before: 'sign' | 'retire'; readonly until: number }
  /** The issuer does not show every key that it has to publish. */
  | { readonly kind: 'blocked'; readonly shown: number; readonly expected: number };

/** An authorizer holds a key set no longer than this, where the issuer has not answered it since (`stale-if-error`). */
export const MOST_KEY_SET_AGE_SECONDS = 60 * 60;

/**
 * The oldest knowledge of a verifier: a container of the issuer may hold a note of an hour ago where the store has failed
 * since, a cache on the way may hold its answer, and an authorizer what it was answered, where the issuer has failed since. Vault
 * needs no wait: it asks again when it meets a `kid` that it does not know (go-oidc 3, RemoteKeySet).
 */
export const SIGN_AFTER_SECONDS =
  MOST_SECRET_AGE_MS / 1000 + DOCUMENT_CACHE_SECONDS + MOST_KEY_SET_AGE_SECONDS + ROLL_MARGIN_SECONDS;

export interface IssuerKeyState {
  readonly now: number;
  readonly tokenLifetimeSeconds: number;
  /** Keys in the issuer's key set; undefined where nobody can look. */
  readonly shown: number | undefined;
}

/** Decides what comes next. A verifier always knows the key of every token that is alive: see each wait. */
export function planIssuerKeyRoll(keys: IssuerKeys, state: IssuerKeyState): IssuerKeyStep {
  const { now, shown } = state;
  const { active, roll } = keys;
  if (roll === undefined) return { kind: 'publish', next: { active, roll: { phase: 'published', since: now } } };
  switch (roll.phase) {
    case 'published': {
      const expected = publishedKeys(keys).length;
      if (shown !== undefined && shown < expected) return { kind: 'blocked', shown, expected };
      const until = roll.since + SIGN_AFTER_SECONDS;
      if (now < until) return { kind: 'wait', before: 'sign', until };
      return { kind: 'sign', next: { active: otherKey(active), roll: { phase: 'signing', since: now } } };
    }
    case 'signing': {
      const until = roll.since + retireAfterSeconds(state.tokenLifetimeSeconds);
      if (now < until) return { kind: 'wait', before: 'retire', until };
      return { kind: 'retire', next: { active, roll: undefined } };
    }
  }
}

/** What comes next, without doing it. @throws what the store and the parser throw */
export async function nextIssuerKeyStep(deps: IssuerKeyDependencies): Promise<IssuerKeyStep> {
  return (await plan(deps)).step;
}

/**
 * Does the next step, where one is due: one write, so that whatever dies on the way leaves the note as it was or as it is to be.
 *
 * @throws SecretChangedError where somebody else wrote meanwhile; what the store and the parser throw
 */
export async function rollIssuerKey(deps: IssuerKeyDependencies): Promise<IssuerKeyStep> {
  const { step, version } = await plan(deps);
  if ('next' in step) await deps.store.write(deps.secret, formatIssuerKeys(step.next), version);
  return step;
}

async function plan(deps: IssuerKeyDependencies): Promise<{ readonly step: IssuerKeyStep; readonly version: string }> {
  const { text, version } = await deps.store.readVersion(deps.secret);
  const shown = await deps.countShownKeys?.();
  return { step: planIssuerKeyRoll(parseIssuerKeys(text), { ...deps, shown }), version };
}

/**
 * Takes a key back at once: the other one signs, and is published alone. Tokens that the key signed are refused from then on; where
 * it has signed none yet, this ends a roll before it began.
 *
 * @throws SecretChangedError, what the store and the parser throw
 */
export async function withdrawIssuerKey(
  name: IssuerKeyName,
  { store, secret }: Pick<IssuerKeyDependencies, 'store' | 'secret'>,
): Promise<IssuerKeys> {
  const { text, version } = await store.readVersion(secret);
  // What cannot be read is not written over.
  parseIssuerKeys(text);
  const next: IssuerKeys = { active: otherKey(name), roll: undefined };
  await store.write(secret, formatIssuerKeys(next), version);
  return next;
}
