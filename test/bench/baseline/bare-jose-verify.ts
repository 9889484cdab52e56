import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyResult, jwtVerify } from 'jose';

/** What most people write to verify an access token: jose with issuer, audience, type and algorithm. Frozen, as a baseline has to be. */
export function createBareJoseVerify(
  keys: JSONWebKeySet,
  expected: { readonly issuer: string; readonly audience: string },
): (token: string) => Promise<JWTVerifyResult> {
  const keySet = createLocalJWKSet(keys);
  const wanted = { ...expected, typ: 'at+jwt', algorithms: ['RS256'] };
  return (token) => jwtVerify(token, keySet, wanted);
}
