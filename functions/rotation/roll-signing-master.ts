import { MOST_SECRET_AGE_MS } from '../shared/secret-cache.ts';
import type { SecretStore } from '../shared/secret-store.ts';
import { parseVersionedKeys, type VersionedKey } from '../shared/versioned-keys.ts';
import { ROLL_MARGIN_SECONDS, retireAfterSeconds } from './roll-waits.ts';
import { formatSigningMaster, parseSigningMaster, type SigningMaster } from './signing-master.ts';
import type { VersionedSecretStore } from './versioned-secret-store.ts';

export interface RollDependencies {
  /** Where the secret is written; whatever reads elsewhere gets it from there. */
  readonly store: VersionedSecretStore;
  readonly secret: string;
  /** The same secret as each region reads it, by the region's name. */
  readonly regions: ReadonlyMap<string, SecretStore>;
  readonly tokenLifetimeSeconds: number;
  /** Seconds since the epoch. */
  readonly now: number;
  /** 32 random bytes. */
  readonly newKey: () => Uint8Array;
}

/** What comes next in a roll, and the secret as it will then be. */
export type RollStep =
  /** A new version is written beside the one in force. */
  | { readonly kind: 'stage'; readonly next: SigningMaster }
  /** Every region reads the new version. */
  | { readonly kind: 'confirm'; readonly next: SigningMaster }
  /** Tokens are minted with it from now on. */
  | { readonly kind: 'promote'; readonly next: SigningMaster }
  /** The last token made with the old version has expired: it goes. */
  | { readonly kind: 'retire'; readonly next: SigningMaster }
  /** Too early, until `until` (seconds since the epoch). */
  | { readonly kind: 'wait'; readonly before: 'promote' | 'retire'; readonly until: number }
  /** These regions do not read the new version. */
  | { readonly kind: 'blocked'; readonly regions: readonly string[] };

/** A region's functions may hold what they read so long ago, where their store has failed since. */
export const PROMOTE_AFTER_SECONDS = MOST_SECRET_AGE_MS / 1000 + ROLL_MARGIN_SECONDS;

export interface RollState {
  readonly now: number;
  readonly tokenLifetimeSeconds: number;
  /** Regions that do not read every version of the secret as it is written. */
  readonly missingIn: readonly string[];
  readonly newKey: () => Uint8Array;
}

/** Decides what comes next. A verifier always takes every token that is alive: see each wait. */
export function planRoll({ keys, roll }: SigningMaster, state: RollState): RollStep {
  const { now, missingIn } = state;
  const [newest, previous] = keys;
  if (previous === undefined) {
    const added = { version: newest.version + 1, key: state.newKey() };
    return { kind: 'stage', next: { keys: [added, newest], roll: { phase: 'staged', since: now } } };
  }
  // Written by hand, without a roll: minting already uses the newest, and nobody knows since when.
  if (roll === undefined) return { kind: 'promote', next: { keys, roll: { phase: 'minting', since: now } } };
  switch (roll.phase) {
    case 'staged':
      if (missingIn.length > 0) return { kind: 'blocked', regions: missingIn };
      return { kind: 'confirm', next: { keys, roll: { phase: 'readable', since: now } } };
    case 'readable': {
      if (missingIn.length > 0) return { kind: 'blocked', regions: missingIn };
      const until = roll.since + PROMOTE_AFTER_SECONDS;
      if (now < until) return { kind: 'wait', before: 'promote', until };
      return { kind: 'promote', next: { keys, roll: { phase: 'minting', since: now } } };
    }
    case 'minting': {
      const until = roll.since + retireAfterSeconds(state.tokenLifetimeSeconds);
      if (now < until) return { kind: 'wait', before: 'retire', until };
      return { kind: 'retire', next: { keys: [newest], roll: undefined } };
    }
  }
}

/** What comes next, without doing it. @throws what the store and the parser throw */
export async function nextRollStep(deps: RollDependencies): Promise<RollStep> {
  return (await plan(deps)).step;
}

/**
 * Does the next step, where one is due: one write, so that whatever dies on the way leaves the secret as it was or as it is to be.
 *
 * @throws SecretChangedError where somebody else wrote meanwhile; what the store and the parser throw
 */
export async function rollSigningMaster(deps: RollDependencies): Promise<RollStep> {
  const { step, version } = await plan(deps);
  if ('next' in step) await deps.store.write(deps.secret, formatSigningMaster(step.next), version);
  return step;
}

async function plan(deps: RollDependencies): Promise<{ readonly step: RollStep; readonly version: string }> {
  const { text, version } = await deps.store.readVersion(deps.secret);
  const master = parseSigningMaster(text);
  const missingIn = await findMissing(master.keys, deps);
  return { step: planRoll(master, { ...deps, missingIn }), version };
}

async function findMissing(
  keys: readonly VersionedKey[],
  { regions, secret }: RollDependencies,
): Promise<readonly string[]> {
  const checked = await Promise.all(
    [...regions].map(async ([region, store]) => {
      const seen = await store
        .read(secret)
        .then(parseVersionedKeys)
        .catch(() => []);
      const whole = keys.every((key) => seen.some((one) => isSame(one, key)));
      return whole ? [] : [region];
    }),
  );
  return checked.flat();
}

function isSame(one: VersionedKey, other: VersionedKey): boolean {
  return one.version === other.version && Buffer.from(one.key).equals(other.key);
}
