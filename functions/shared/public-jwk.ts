import { createHash, type JsonWebKey } from 'node:crypto';
import type { JWK } from 'jose';

/** A signing key as verifiers get it: public members only, named by its RFC 7638 thumbprint. */
export function publicJwk({ n = '', e = '' }: JsonWebKey): JWK & { readonly kid: string } {
  // The thumbprint's members stand in lexicographic order, without white space.
  const kid = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e };
}
