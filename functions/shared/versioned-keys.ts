/** One version of a secret key: 32 random bytes that every region can read. */
export interface VersionedKey {
  readonly version: number;
  readonly key: Uint8Array;
}

/** The versions in force, current first, then the previous one as long as what was made with it lives. */
export type VersionedKeys = readonly [VersionedKey, ...VersionedKey[]];

/** The secret is not of the form `{"version":2,"key":"<base64url>","previous":{"version":1,"key":"<base64url>"}}`. */
export class VersionedKeysInvalidError extends Error {
  override readonly name = 'VersionedKeysInvalidError';
  readonly code = 'VERSIONED_KEYS_INVALID';
  readonly retryable = false;
  /** @param reason without anything of the secret but version numbers */
  constructor(reason: string) {
    super(
      `A secret of versioned keys is unusable: ${reason}. Write {"version":1,"key":"…"} with 32 random bytes as base64url.`,
    );
  }
}

/**
 * 32 bytes as base64url without padding. The last character may be any: two of its bits mean nothing, and Secrets Manager, which
 * makes the first key (43 letters and digits), knows nothing of them.
 */
const KEY = /^[\w-]{43}$/;

/**
 * Reads the keys from their secret's text: `{"version","key"}`, and under `previous` the same of the version before, as long as
 * that is in force. One object, because that is what Secrets Manager can make by itself when a stack is deployed.
 *
 * @throws VersionedKeysInvalidError
 */
export function parseVersionedKeys(secret: string): VersionedKeys {
  const parsed = parseJson(secret);
  const current = readVersion(parsed);
  const { previous } = parsed;
  if (previous === undefined) return [current];
  if (!isObject(previous)) throw new VersionedKeysInvalidError('`previous` is not an object');
  const before = readVersion(previous);
  if (before.version >= current.version) {
    throw new VersionedKeysInvalidError(`version ${before.version} cannot be previous to ${current.version}`);
  }
  return [current, before];
}

/** The text form that `parseVersionedKeys` reads. */
export function formatVersionedKeys([current, previous]: VersionedKeys): string {
  return JSON.stringify({ ...toText(current), ...(previous === undefined ? {} : { previous: toText(previous) }) });
}

function toText({ version, key }: VersionedKey): { readonly version: number; readonly key: string } {
  return { version, key: Buffer.from(key).toString('base64url') };
}

type Members = Readonly<Record<string, unknown>>;

function parseJson(secret: string): Members {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret);
  } catch {
    throw new VersionedKeysInvalidError('it is not JSON');
  }
  if (isObject(parsed)) return parsed;
  throw new VersionedKeysInvalidError('it is not an object');
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readVersion({ version, key }: Members): VersionedKey {
  if (version === undefined || key === undefined) throw new VersionedKeysInvalidError('`version` or `key` is missing');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw new VersionedKeysInvalidError('a version is not a positive integer');
  }
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new VersionedKeysInvalidError(`the key of version ${version} is not 32 bytes as base64url`);
  }
  return { version, key: Buffer.from(key, 'base64url') };
}
