import { batchKeyById } from '../shared/batch-key.ts';
import { bearerToken } from '../shared/bearer-token.ts';
import type { Identity } from '../shared/identity.ts';
import { type PrincipalKeys, principalKeyById } from '../shared/principal-key.ts';
import type { CachedSecret } from '../shared/secret-cache.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';

/** The key that belongs to a `keyid` and to this caller, or undefined. */
export type FindBatchKey = (keyId: string) => Uint8Array | undefined;

export interface BatchKeySecrets {
  readonly signingMaster: CachedSecret<VersionedKeys>;
  readonly principalKeys: PrincipalKeys;
}

/**
 * Where a caller's batch key comes from: derived from the token that it proved itself with, or the principal's own where it has none.
 *
 * @throws SecretUnavailableError, VersionedKeysInvalidError
 */
export async function findBatchKeyOf(
  { auth, principal }: Identity,
  authorization: string | undefined,
  { signingMaster, principalKeys }: BatchKeySecrets,
): Promise<FindBatchKey> {
  if (auth === 'certificate') {
    const keys = await principalKeys.get(principal)?.get();
    return (keyId) => (keys === undefined ? undefined : principalKeyById(keys, principal, keyId));
  }
  const master = await signingMaster.get();
  const token = bearerToken(authorization);
  return (keyId) => (token === undefined ? undefined : batchKeyById(master, token, keyId));
}
