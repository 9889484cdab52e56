import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';

export type AssertionAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

/** A client's private key and how it signs. */
export interface AssertionKey {
  readonly privateKey: KeyObject;
  readonly alg: AssertionAlgorithm;
  /** Which of the client's keys it is, where the issuer knows several. */
  readonly kid: string | undefined;
}

export type AssertionKeyRead =
  | { readonly kind: 'usable'; readonly key: AssertionKey }
  /** `seen`: as the end of a sentence about the key. Nothing of the key is in it. */
  | { readonly kind: 'unusable'; readonly seen: string };

/** NIST SP 800-131A and RFC 7518 §3.3. */
const LEAST_RSA_BITS = 2048;

/**
 * Reads PKCS #8 in PEM, or a private JWK.
 *
 * @param said `kid` and `alg` as they stand beside the key; a JWK may say them itself. Without `alg`, the first that the key can do
 */
export function readAssertionKey(
  source: unknown,
  said: { readonly kid: string | undefined; readonly alg: string | undefined },
): AssertionKeyRead {
  const privateKey = typeof source === 'string' ? fromPem(source) : fromJwk(source);
  if (privateKey === undefined) return unusable('is neither PKCS #8 in PEM without a passphrase nor a private JWK');
  const possible = algorithmsOf(privateKey);
  if (possible.length === 0) return unusable(`is not RSA of ${LEAST_RSA_BITS} bits or more, EC P-256 or Ed25519`);
  const own = { alg: memberOf(source, 'alg'), kid: memberOf(source, 'kid') };
  if (differ(said.alg, own.alg) || differ(said.kid, own.kid)) {
    return unusable('names another `alg` or `kid` than what stands beside it');
  }
  const wanted = said.alg ?? own.alg;
  const alg = wanted === undefined ? possible[0] : possible.find((one) => one === wanted);
  if (alg === undefined) return unusable(`cannot sign as its \`alg\` says; it can do ${possible.join(' or ')}`);
  return { kind: 'usable', key: { privateKey, alg, kid: said.kid ?? own.kid } };
}

function unusable(seen: string): AssertionKeyRead {
  return { kind: 'unusable', seen };
}

function fromPem(pem: string): KeyObject | undefined {
  // Without this, Node takes PKCS #1 and SEC 1 too.
  if (!pem.trimStart().startsWith('-----BEGIN PRIVATE KEY-----')) return undefined;
  return orUndefined(() => createPrivateKey({ key: pem, format: 'pem' }));
}

function fromJwk(source: unknown): KeyObject | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  const key: JsonWebKey = { ...source };
  return orUndefined(() => createPrivateKey({ key, format: 'jwk' }));
}

/** What Node says of a JWK quotes its members. */
function orUndefined(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly AssertionAlgorithm[] {
  switch (asymmetricKeyType) {
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS ? ['RS256', 'PS256'] : [];
    case 'ec':
      return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? ['ES256'] : [];
    case 'ed25519':
      return ['EdDSA'];
    default:
      return [];
  }
}

function memberOf(source: unknown, name: 'alg' | 'kid'): string | undefined {
  const jwk: Readonly<{ alg?: unknown; kid?: unknown }> = typeof source === 'object' && source !== null ? source : {};
  const value = jwk[name];
  return typeof value === 'string' ? value : undefined;
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
