/** The issuer's two signing keys. Each is an RSA key of its own in KMS; which one signs changes, what they are called does not. */
export const ISSUER_KEY_NAMES = ['a', 'b'] as const;
export type IssuerKeyName = (typeof ISSUER_KEY_NAMES)[number];

/**
 * How far a roll has come: the other key is published beside the one that signs (`published`); it signs, and the old one stays
 * published as long as its tokens live (`signing`).
 */
export const ISSUER_KEY_PHASES = ['published', 'signing'] as const;
export type IssuerKeyPhase = (typeof ISSUER_KEY_PHASES)[number];

/**
 * The note which key signs, and so which are published. It is no secret, but is kept like one: a write takes the place of what was
 * read or fails, and readers need no deploy. An alias in KMS would switch as well, and tell nothing of phase and time.
 */
export interface IssuerKeys {
  /** The key that signs. */
  readonly active: IssuerKeyName;
  /** Undefined where no roll is under way: then `active` alone is published, during one both are. */
  readonly roll: { readonly phase: IssuerKeyPhase; readonly since: number } | undefined;
}

/** The note is not of the form `{"active":"a","roll"?:{"phase":"published","since":1800000000}}`. */
export class IssuerKeysInvalidError extends Error {
  override readonly name = 'IssuerKeysInvalidError';
  readonly code = 'ISSUER_KEYS_INVALID';
  readonly retryable = false;
  constructor(reason: string) {
    super(
      `The note which of the issuer's keys signs is unusable: ${reason}. ` +
        'Write {"active":"a"} or {"active":"b"}, whichever key signs, where no roll is under way.',
    );
  }
}

/** Reads the note; members that it does not know it leaves aside. @throws IssuerKeysInvalidError */
export function parseIssuerKeys(text: string): IssuerKeys {
  const note = parseObject(text);
  const active = ISSUER_KEY_NAMES.find((name) => name === note.get('active'));
  if (active === undefined) throw new IssuerKeysInvalidError('`active` is neither "a" nor "b"');
  const roll = note.get('roll');
  if (roll === undefined) return { active, roll: undefined };
  const members = membersOf(roll);
  const phase = ISSUER_KEY_PHASES.find((known) => known === members?.get('phase'));
  const since = members?.get('since');
  if (phase === undefined || typeof since !== 'number' || !Number.isSafeInteger(since) || since < 0) {
    throw new IssuerKeysInvalidError('`roll` is not {"phase","since"} with a known phase and whole seconds');
  }
  return { active, roll: { phase, since } };
}

/** The text form that `parseIssuerKeys` reads. */
export function formatIssuerKeys({ active, roll }: IssuerKeys): string {
  return JSON.stringify(roll === undefined ? { active } : { active, roll });
}

/** The keys that verifiers have to know, the one that signs first. */
export function publishedKeys({ active, roll }: IssuerKeys): readonly [IssuerKeyName, ...IssuerKeyName[]] {
  return roll === undefined ? [active] : [active, otherKey(active)];
}

export function otherKey(name: IssuerKeyName): IssuerKeyName {
  return name === 'a' ? 'b' : 'a';
}

type Members = ReadonlyMap<string, unknown>;

function parseObject(text: string): Members {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new IssuerKeysInvalidError('it is not JSON');
  }
  const members = membersOf(parsed);
  if (members === undefined) throw new IssuerKeysInvalidError('it is not an object');
  return members;
}

function membersOf(value: unknown): Members | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}
