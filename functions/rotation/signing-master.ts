import {
  formatVersionedKeys,
  parseVersionedKeys,
  type VersionedKeys,
  VersionedKeysInvalidError,
} from '../shared/versioned-keys.ts';

/**
 * How far the roll to the newest version has come: it is written (`staged`), every region reads it (`readable`), tokens are made
 * with it (`minting`). Only in the last one is it minted with.
 */
export const ROLL_PHASES = ['staged', 'readable', 'minting'] as const;
export type RollPhase = (typeof ROLL_PHASES)[number];

export interface Roll {
  readonly phase: RollPhase;
  /** Seconds since the epoch at which the phase began. */
  readonly since: number;
}

/**
 * The secret that batch keys derive from. Verifiers take every version in it and know nothing of the roll; only who mints and who
 * rolls look at that.
 */
export interface SigningMaster {
  /** Newest first. */
  readonly keys: VersionedKeys;
  /** Undefined where no roll is under way. */
  readonly roll: Roll | undefined;
}

/** Reads `{"version","key","previous"?,"roll"?:{"phase","since"}}`. @throws VersionedKeysInvalidError */
export function parseSigningMaster(secret: string): SigningMaster {
  const keys = parseVersionedKeys(secret);
  const { roll }: { readonly roll?: unknown } = JSON.parse(secret);
  if (roll === undefined) return { keys, roll: undefined };
  const members: ReadonlyMap<string, unknown> = new Map(Object.entries(roll ?? {}));
  const phase = ROLL_PHASES.find((known) => known === members.get('phase'));
  const since = members.get('since');
  if (phase === undefined || typeof since !== 'number' || !Number.isSafeInteger(since) || since < 0) {
    throw new VersionedKeysInvalidError('`roll` is not {"phase","since"} with a known phase and whole seconds');
  }
  if (keys.length === 1) throw new VersionedKeysInvalidError('`roll` is there without `previous`');
  return { keys, roll: { phase, since } };
}

/** The text form that `parseSigningMaster` reads, and `parseVersionedKeys` too. */
export function formatSigningMaster({ keys, roll }: SigningMaster): string {
  const members: object = JSON.parse(formatVersionedKeys(keys));
  return JSON.stringify(roll === undefined ? members : { ...members, roll });
}

/** The versions with the one to mint with first: until the roll says `minting`, that is the previous one. */
export function mintingOrder({ keys, roll }: SigningMaster): VersionedKeys {
  const [newest, previous] = keys;
  const waits = roll !== undefined && roll.phase !== 'minting';
  return waits && previous !== undefined ? [previous, newest] : keys;
}
