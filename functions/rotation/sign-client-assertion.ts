import { constants, sign } from 'node:crypto';
import type { AssertionKey } from './assertion-key.ts';

export interface ClientAssertion {
  readonly clientId: string;
  /** Who is to take it: the token endpoint, or the issuer. */
  readonly audience: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Unique: an issuer takes an assertion once. */
  readonly id: string;
}

/** It is used at once and once. */
const LIFETIME_SECONDS = 60;

/** The JWT with which a client proves itself by `private_key_jwt` (RFC 7523 §3, OpenID Connect Core §9). */
export function signClientAssertion({ clientId, audience, now, id }: ClientAssertion, key: AssertionKey): string {
  const header = { alg: key.alg, typ: 'JWT', ...(key.kid === undefined ? {} : { kid: key.kid }) };
  const claims = { iss: clientId, sub: clientId, aud: audience, jti: id, iat: now, exp: now + LIFETIME_SECONDS };
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signatureOf(Buffer.from(input), key).toString('base64url')}`;
}

/** RFC 7518 §3.3 to §3.5, RFC 8037 §3.1. */
function signatureOf(bytes: Uint8Array, { privateKey: key, alg }: AssertionKey): Buffer {
  switch (alg) {
    case 'RS256':
      return sign('sha256', bytes, key);
    case 'PS256':
      return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'ES256':
      return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
    case 'EdDSA':
      return sign(null, bytes, key);
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
