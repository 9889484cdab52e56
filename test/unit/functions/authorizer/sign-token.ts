import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';

export const NOW = 1_800_000_000;
export const ISSUER = {
  issuer: 'https://issuer.example',
  audience: 'https://api.example',
  algorithms: ['RS256'],
} as const;

export const HEADER = { typ: 'at+jwt', alg: 'RS256', kid: 'a' } as const;
export const CLAIMS = {
  iss: ISSUER.issuer,
  aud: ISSUER.audience,
  sub: 'ew:1',
  client_id: 'ew:1',
  jti: 'one',
  iat: NOW,
  nbf: NOW - 60,
  exp: NOW + 3_600,
} as const;

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
}

export function rsaKey(kid: string, modulusLength = 2048, publicExponent = 65_537): TestKey {
  const pair = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  const { kty, n, e } = pair.publicKey.export({ format: 'jwk' });
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new Error('not an RSA key');
  return { ...pair, jwk: { kty, n, e, kid, alg: 'RS256', use: 'sig' } };
}

export function keySetOf(...keys: readonly TestKey[]): JSONWebKeySet {
  return { keys: keys.map(({ jwk }) => jwk) };
}

/** A part as base64url; text is taken as it is, so that a test can write any JSON. */
export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** RS256 over whatever header and payload are given, right or wrong. */
export function signRs256(header: unknown, claims: unknown, key: KeyObject): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}
