import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { TokenRefusedError } from './token-refused-error.ts';

/**
 * Verifies a compact JWS against a key set and returns its payload bytes. Claims, `kid` and `typ` are `verifyToken`'s.
 * On jose, which refuses RSA keys below 2048 bits and honours `use` and `key_ops`; exponents below 65537 are ours.
 *
 * @param algorithms the only `alg` values taken, e.g. `['RS256']`
 * @throws TokenRefusedError KEY_UNKNOWN, SIGNATURE_INVALID, TOKEN_MALFORMED
 */
export async function verifyCompactSignature(
  compact: string,
  jwks: JSONWebKeySet,
  algorithms: readonly string[],
): Promise<Uint8Array> {
  const keys = jwks.keys.filter((key) => key.kty !== 'RSA' || exponentOf(key.e) >= 65537n);
  try {
    const { payload } = await compactVerify(compact, createLocalJWKSet({ keys }), { algorithms: [...algorithms] });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) {
      throw new TokenRefusedError('KEY_UNKNOWN', 'No key of the issuer fits the token’s kid and algorithm.');
    }
    if (error instanceof errors.JWSInvalid)
      throw new TokenRefusedError('TOKEN_MALFORMED', 'The token is not a compact JWS.');
    // Everything else that jose throws here is about this token and these keys: a bad key is as good as no key.
    throw new TokenRefusedError('SIGNATURE_INVALID', 'The token’s signature does not verify with the issuer’s keys.');
  }
}

/** The key set is somebody else's document: a member may be anything. */
function exponentOf(e: unknown): bigint {
  const bytes = Buffer.from(typeof e === 'string' ? e : '', 'base64url');
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}
