import type { Config } from '../../config/schema.ts';
import type { CachedSecret } from './secret-cache.ts';
import type { VersionedKeys } from './versioned-keys.ts';

/** The keys of principals that have no token from which one could be derived, by the principal's name. */
export type PrincipalKeys = ReadonlyMap<string, CachedSecret<VersionedKeys>>;

/** `keyid` of a principal's own key. @param version a decimal integer */
export function principalKeyId(principal: string, version: number): string {
  return `p.${principal}.${version}`;
}

/** The key that `keyId` names for this principal, or undefined where the version is not in force or the principal is another. */
export function principalKeyById(keys: VersionedKeys, principal: string, keyId: string): Uint8Array | undefined {
  return keys.find(({ version }) => principalKeyId(principal, version) === keyId)?.key;
}

/** The principals that need a key of their own: they write, and a certificate alone proves who they are. */
export function withOwnKey(principals: Config['principals']): readonly string[] {
  return Object.values(principals)
    .filter(({ require, allow }) => require === 'certificate' && allow.some((rule) => 'write' in rule))
    .map(({ name }) => name);
}

/** The environment variable that tells ingest where a principal's key is. */
export function principalKeyVariable(principal: string): string {
  return `PRINCIPAL_KEY_${principal.replaceAll('-', '_').toUpperCase()}`;
}

/** Opens the key of each principal that needs one. @param open by the principal's name */
export function openPrincipalKeys(
  principals: Config['principals'],
  open: (principal: string) => CachedSecret<VersionedKeys>,
): PrincipalKeys {
  return new Map(withOwnKey(principals).map((principal) => [principal, open(principal)]));
}
