import type { JWK } from 'jose';

/** The type, and where it has one the curve, that an algorithm's key must be of (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
const KEY_TYPES: ReadonlyMap<unknown, { readonly kty: string; readonly crv?: string }> = new Map(
  Object.entries({
    RS256: { kty: 'RSA' },
    RS384: { kty: 'RSA' },
    RS512: { kty: 'RSA' },
    PS256: { kty: 'RSA' },
    PS384: { kty: 'RSA' },
    PS512: { kty: 'RSA' },
    ES256: { kty: 'EC', crv: 'P-256' },
    ES384: { kty: 'EC', crv: 'P-384' },
    ES512: { kty: 'EC', crv: 'P-521' },
    EdDSA: { kty: 'OKP', crv: 'Ed25519' },
    Ed25519: { kty: 'OKP', crv: 'Ed25519' },
  }),
);

/** Private members of RSA, EC and OKP keys, and the secret of a symmetric one (RFC 7518 §6). Whoever publishes it has lost it. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const LEAST_RSA_BITS = 2048;
/** Beyond this OpenSSL refuses too (OPENSSL_RSA_MAX_MODULUS_BITS), after more work. */
const MOST_RSA_BITS = 16_384;
/** FIPS 186-5 §A.1.1. */
const LEAST_EXPONENT = 65_537n;
/** Every exponent in use is far below; the time of a verification grows with it. */
const MOST_EXPONENT = 2n ** 64n;

/** An algorithm that verifies with a public key, whatever a list of algorithms may say. */
export function isAsymmetric(algorithm: unknown): boolean {
  return KEY_TYPES.has(algorithm);
}

/**
 * The keys of a set that may verify with an algorithm: for it and for signatures, and strong enough. The set is somebody else's
 * document: a member may be anything.
 */
export function chooseKeys(keys: readonly JWK[], algorithm: string): readonly JWK[] {
  const type = KEY_TYPES.get(algorithm);
  return keys.filter(
    (key) =>
      type !== undefined &&
      key.kty === type.kty &&
      (type.crv === undefined || key.crv === type.crv) &&
      (key.alg === undefined || key.alg === algorithm) &&
      mayVerify(key) &&
      SECRET_MEMBERS.every((member) => !Object.hasOwn(key, member)) &&
      (key.kty !== 'RSA' || isStrongRsa(key)),
  );
}

function mayVerify({ use, key_ops: operations }: JWK): boolean {
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

function isStrongRsa({ n, e }: JWK): boolean {
  const bits = bitLength(bytesOf(n));
  const hex = bytesOf(e).toString('hex');
  const exponent = hex === '' ? 0n : BigInt(`0x${hex}`);
  if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) return false;
  return exponent >= LEAST_EXPONENT && exponent < MOST_EXPONENT && exponent % 2n === 1n;
}

function bytesOf(text: unknown): Buffer {
  return Buffer.from(typeof text === 'string' ? text : '', 'base64url');
}

/** Of a number in bytes, the highest first. Zeros in front make no key longer. */
function bitLength(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24);
}
