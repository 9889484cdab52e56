import { type Clock, seconds } from './clock.ts';
import type { TokenSigner } from './token-signer.ts';

export interface VaultIdentity {
  /** URL of our issuer; the role's mount has it as `bound_issuer`. */
  readonly issuer: string;
  /** Who logs in: `edgehouse:` and the function's name. */
  readonly subject: string;
  /** The issuer's signing key. Asked for at each login, which is rare. */
  readonly signer: () => Promise<TokenSigner>;
  /** A new unique text, for `jti`. */
  readonly newId: () => string;
}

/** It is used at once and once. */
const LIFETIME_SECONDS = 120;
/** So far back that a Vault whose clock is slow takes it. */
const NOT_BEFORE_SECONDS = 60;

/**
 * Mints a JWT that logs in to Vault. `typ` is not that of an access token (RFC 9068) and `aud` not that of ingest: our own
 * authorizer refuses it, and Vault refuses what EdgeWorkers have.
 *
 * @param audience the role's `bound_audiences`
 */
export async function mintVaultLoginToken(identity: VaultIdentity, audience: string, clock: Clock): Promise<string> {
  const signer = await identity.signer();
  const now = seconds(clock);
  const header = encode({ typ: 'JWT', alg: 'RS256', kid: signer.kid });
  const payload = encode({
    iss: identity.issuer,
    aud: audience,
    sub: identity.subject,
    iat: now,
    nbf: now - NOT_BEFORE_SECONDS,
    exp: now + LIFETIME_SECONDS,
    jti: identity.newId(),
  });
  const signature = await signer.sign(Buffer.from(`${header}.${payload}`));
  return `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
