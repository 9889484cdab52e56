import { createHash, hkdfSync } from 'node:crypto';
import type { VersionedKey, VersionedKeys } from './versioned-keys.ts';

export interface BatchKey {
  readonly key: Uint8Array;
  readonly keyId: string;
}

/** The batch key that belongs to a token: it fits no other token and no other version of the master. */
export function deriveBatchKey(master: VersionedKey, token: string): BatchKey {
  const hash = tokenHash(token);
  const key = hkdfSync('sha256', master.key, '', `edgehouse batch key v1\n${hash}`, 32);
  return { key: new Uint8Array(key), keyId: `${master.version}.${hash.slice(0, 16)}` };
}

/** The key that `keyId` names for this token, or undefined where the version is not in force or the token is another. */
export function batchKeyById(master: VersionedKeys, token: string, keyId: string): Uint8Array | undefined {
  const version = master.find((candidate) => keyId.startsWith(`${candidate.version}.`));
  if (version === undefined) return undefined;
  const derived = deriveBatchKey(version, token);
  return derived.keyId === keyId ? derived.key : undefined;
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
