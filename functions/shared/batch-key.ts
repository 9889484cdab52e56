import { createHash, hkdfSync } from 'node:crypto';

/** One version of the signing master: 32 random bytes that every region can read. */
export interface SigningMasterVersion {
  readonly version: number;
  readonly key: Uint8Array;
}

/** The versions in force, current first, then the previous one while tokens made with it live (design §3.2). */
export type SigningMaster = readonly [SigningMasterVersion, ...SigningMasterVersion[]];

export interface BatchKey {
  readonly key: Uint8Array;
  readonly keyId: string;
}

/** The secret that holds the signing master is not of the form `{"versions":[{"version":1,"key":"<base64url>"}]}`. */
export class SigningMasterInvalidError extends Error {
  override readonly name = 'SigningMasterInvalidError';
  readonly code = 'SIGNING_MASTER_INVALID';
  readonly retryable = false;
  constructor(reason: string) {
    super(`The signing master secret is unusable: ${reason}. Write a new one with 32 random bytes as base64url.`);
  }
}

/** The batch key that belongs to a token: it fits no other token and no other version of the master. */
export function deriveBatchKey(master: SigningMasterVersion, token: string): BatchKey {
  const hash = tokenHash(token);
  const key = hkdfSync('sha256', master.key, '', `edgehouse batch key v1\n${hash}`, 32);
  return { key: new Uint8Array(key), keyId: `${master.version}.${hash.slice(0, 16)}` };
}

/** The key that `keyId` names for this token, or undefined where the version is not in force or the token is another. */
export function batchKeyById(master: SigningMaster, token: string, keyId: string): Uint8Array | undefined {
  const version = master.find((candidate) => keyId.startsWith(`${candidate.version}.`));
  if (version === undefined) return undefined;
  const derived = deriveBatchKey(version, token);
  return derived.keyId === keyId ? derived.key : undefined;
}

/** Reads the signing master from its secret's text. At most two versions count: current and previous. */
export function parseSigningMaster(secret: string): SigningMaster {
  const [current, ...rest] = readVersions(secret).map(readVersion);
  if (current === undefined) throw new SigningMasterInvalidError('it holds no version');
  if (rest.length > 1) throw new SigningMasterInvalidError('it holds more than the current and the previous version');
  return [current, ...rest];
}

/** The text form that `parseSigningMaster` reads. */
export function formatSigningMaster(master: SigningMaster): string {
  const versions = master.map(({ version, key }) => ({ version, key: Buffer.from(key).toString('base64url') }));
  return JSON.stringify({ versions });
}

function readVersions(secret: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret);
  } catch {
    throw new SigningMasterInvalidError('it is not JSON');
  }
  if (typeof parsed === 'object' && parsed !== null && 'versions' in parsed && Array.isArray(parsed.versions)) {
    return parsed.versions;
  }
  throw new SigningMasterInvalidError('it has no list `versions`');
}

function readVersion(entry: unknown): SigningMasterVersion {
  if (typeof entry !== 'object' || entry === null || !('version' in entry) || !('key' in entry)) {
    throw new SigningMasterInvalidError('an entry lacks `version` or `key`');
  }
  const { version, key } = entry;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw new SigningMasterInvalidError('a version is not a positive integer');
  }
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== 32) throw new SigningMasterInvalidError(`the key of version ${version} is not 32 bytes`);
  return { version, key: bytes };
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
