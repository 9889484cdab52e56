import { compactVerify, errors, type JSONWebKeySet, type JWK } from 'jose';
import { chooseKeys, isAsymmetric } from './choose-keys.ts';
import { type CompactJws, decodeCompact } from './decode-compact.ts';
import { TokenRefusedError } from './token-refused-error.ts';

/**
 * Verifies a compact JWS against a key set and returns its payload bytes. Claims, `kid` and `typ` are `verifyToken`'s. Only public
 * keys that are strong enough and meant for this are used (`chooseKeys`); keys that the header itself brings or points to, never.
 *
 * @param algorithms the only `alg` values taken, e.g. `['RS256']`; none and HMAC are refused even where they stand here
 * @throws TokenRefusedError KEY_UNKNOWN, SIGNATURE_INVALID, TOKEN_MALFORMED
 */
export async function verifyCompactSignature(
  compact: string,
  jwks: JSONWebKeySet,
  algorithms: readonly string[],
): Promise<Uint8Array> {
  return verifySignature(decodeCompact(compact), jwks, algorithms);
}

/** The same, of a JWS that is taken apart already. */
export async function verifySignature(
  { compact, header }: CompactJws,
  jwks: JSONWebKeySet,
  algorithms: readonly string[],
): Promise<Uint8Array> {
  const algorithm = allowedAlgorithm(header['alg'], algorithms);
  // RFC 7797 §7: no JWT has an unencoded payload; the signed bytes would not be those that are read as claims.
  if (header['b64'] !== undefined) throw new TokenRefusedError('TOKEN_MALFORMED', 'The header has b64.');
  const keys = chooseKeys(jwks.keys, algorithm);
  if (keys.length === 0) {
    throw new TokenRefusedError('KEY_UNKNOWN', 'The issuer has no key of this kid and alg that may be used.');
  }
  for (const key of keys) {
    const payload = await verifyWith(key, compact, algorithm);
    if (payload !== undefined) return payload;
  }
  throw new TokenRefusedError('SIGNATURE_INVALID', 'The token’s signature does not verify with the issuer’s keys.');
}

/** @throws TokenRefusedError SIGNATURE_INVALID */
export function allowedAlgorithm(algorithm: unknown, algorithms: readonly string[]): string {
  const allowed = algorithms.find((one) => one === algorithm && isAsymmetric(one));
  if (allowed !== undefined) return allowed;
  throw new TokenRefusedError('SIGNATURE_INVALID', `alg is none of ${algorithms.join(', ')}.`);
}

/** jose imports a key once and keeps it as long as the object of the key lives, that is until the next reading of its set. */
async function verifyWith(key: JWK, compact: string, algorithm: string): Promise<Uint8Array | undefined> {
  try {
    return (await compactVerify(compact, key, { algorithms: [algorithm] })).payload;
  } catch (error) {
    if (error instanceof errors.JWSInvalid) {
      throw new TokenRefusedError('TOKEN_MALFORMED', 'The token is not a compact JWS.');
    }
    // Everything else that jose throws here is about this token and this key: a bad key is as good as no key.
    return undefined;
  }
}
