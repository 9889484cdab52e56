import type { Principal } from './schema.ts';

/**
 * Whether the principal's tokens of that age are revoked.
 *
 * @param issuedAt the token's `iat`, in seconds since the epoch; undefined where nobody knows it: then it is taken to be revoked
 */
export function isRevoked({ revokedBefore }: Pick<Principal, 'revokedBefore'>, issuedAt: number | undefined): boolean {
  if (revokedBefore === undefined) return false;
  return issuedAt === undefined || issuedAt * 1000 < Date.parse(revokedBefore);
}
