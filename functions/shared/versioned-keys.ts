/** One version of a secret key: 32 random bytes that every region can read. */
export interface VersionedKey {
  readonly version: number;
  readonly key: Uint8Array;
}

/** The versions in force, current first, then the previous one as long as what was made with it lives. */
export type VersionedKeys = readonly [VersionedKey, ...VersionedKey[]];

/** The secret is not of the form `{"versions":[{"version":1,"key":"<base64url>"}]}`. */
export class VersionedKeysInvalidError extends Error {
  override readonly name = 'VersionedKeysInvalidError';
  readonly code = 'VERSIONED_KEYS_INVALID';
  readonly retryable = false;
  constructor(reason: string) {
    super(`A secret of versioned keys is unusable: ${reason}. Write a new one with 32 random bytes as base64url.`);
  }
}

/** Reads the keys from their secret's text. At most two versions count: current and previous. */
export function parseVersionedKeys(secret: string): VersionedKeys {
  const [current, ...rest] = readVersions(secret).map(readVersion);
  if (current === undefined) throw new VersionedKeysInvalidError('it holds no version');
  if (rest.length > 1) throw new VersionedKeysInvalidError('it holds more than the current and the previous version');
  return [current, ...rest];
}

/** The text form that `parseVersionedKeys` reads. */
export function formatVersionedKeys(keys: VersionedKeys): string {
  const versions = keys.map(({ version, key }) => ({ version, key: Buffer.from(key).toString('base64url') }));
  return JSON.stringify({ versions });
}

function readVersions(secret: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret);
  } catch {
    throw new VersionedKeysInvalidError('it is not JSON');
  }
  if (typeof parsed === 'object' && parsed !== null && 'versions' in parsed && Array.isArray(parsed.versions)) {
    return parsed.versions;
  }
  throw new VersionedKeysInvalidError('it has no list `versions`');
}

function readVersion(entry: unknown): VersionedKey {
  if (typeof entry !== 'object' || entry === null || !('version' in entry) || !('key' in entry)) {
    throw new VersionedKeysInvalidError('an entry lacks `version` or `key`');
  }
  const { version, key } = entry;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw new VersionedKeysInvalidError('a version is not a positive integer');
  }
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== 32) throw new VersionedKeysInvalidError(`the key of version ${version} is not 32 bytes`);
  return { version, key: bytes };
}
