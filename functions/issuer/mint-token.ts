import type { TokenSigner } from '../shared/token-signer.ts';

export interface TokenClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly clientId: string;
  readonly scope: string;
  /** Unique name of this token. */
  readonly tokenId: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
}

/** `nbf` lies this far back, so that a verifier whose clock is slow takes a fresh token. */
export const NOT_BEFORE_SECONDS = 60;

export interface MintedToken {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly notBefore: number;
  readonly exp: number;
}

/** Mints an access token by RFC 9068 (`typ: at+jwt`, RS256; design §3.3). */
export async function mintToken(claims: TokenClaims, signer: TokenSigner): Promise<MintedToken> {
  const notBefore = claims.issuedAt - NOT_BEFORE_SECONDS;
  const exp = claims.issuedAt + claims.lifetimeSeconds;
  const header = encode({ typ: 'at+jwt', alg: 'RS256', kid: signer.kid });
  const payload = encode({
    iss: claims.issuer,
    aud: claims.audience,
    sub: claims.subject,
    client_id: claims.clientId,
    iat: claims.issuedAt,
    nbf: notBefore,
    exp,
    jti: claims.tokenId,
    scope: claims.scope,
  });
  const signature = await signer.sign(Buffer.from(`${header}.${payload}`));
  return { token: `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`, notBefore, exp };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
