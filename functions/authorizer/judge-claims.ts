import { type ClaimMapping, type Relaxation, RFC_9068_CLAIMS } from '../../config/issuer-presets.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../shared/identity.ts';
import type { JsonObject } from './parse-json-object.ts';
import { TokenRefusedError } from './token-refused-error.ts';
import type { TrustedIssuer } from './trusted-issuer.ts';

/** What the claims of an access token say, judged by what its issuer is asked for. */
export interface JudgedClaims {
  readonly sub: string;
  readonly clientId: string;
  /** Empty where the issuer names no token (`no-jti`). */
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  /** Our clock less the claim's time, in seconds, where the token is taken only within the tolerance. */
  readonly skewSeconds: number | undefined;
}

/** Says whether the issuer has a relaxation, and keeps in mind that this token needed it. */
export type Relax = (relaxation: Relaxation) => boolean;

const MOST_LIFETIME_SECONDS = 86_400;

/**
 * `typ` of an access token (RFC 9068 §4): other tokens of the same issuer are signed with the same keys. A media type has no case
 * (RFC 7515 §4.1.9), and the RFC's own example has `at+JWT`.
 *
 * @throws TokenRefusedError TYPE_MISMATCH
 */
export function judgeType(typ: unknown, relax: Relax): void {
  const type = typeof typ === 'string' ? typ.toLowerCase() : typ;
  if (type === 'at+jwt' || type === 'application/at+jwt') return;
  if (type === 'jwt' && relax('typ-jwt')) return;
  if (type === undefined && relax('typ-absent')) return;
  throw new TokenRefusedError('TYPE_MISMATCH', 'typ is not at+jwt.');
}

/**
 * Judges the claims of a token whose signature is proven.
 *
 * @param now seconds since the epoch
 * @throws TokenRefusedError TYPE_MISMATCH, AUDIENCE_MISMATCH, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, TOKEN_MALFORMED
 */
export function judgeClaims(claims: JsonObject, issuer: TrustedIssuer, now: number, relax: Relax): JudgedClaims {
  const mapping = issuer.claims ?? RFC_9068_CLAIMS;
  for (const [name, value] of Object.entries(mapping.exactly)) {
    if (claims[name] !== value) throw new TokenRefusedError('TYPE_MISMATCH', `The claim ${name} is not ${value}.`);
  }
  judgeAudience(claims, issuer, relax);
  judgeScope(claims[mapping.scope], issuer, relax);
  const times = judgeTimes(claims, now, issuer.maxLifetimeSeconds ?? MOST_LIFETIME_SECONDS);
  const clientId = text(claims, mapping.clientId);
  if (issuer.clients?.includes(clientId) === false) {
    throw new TokenRefusedError('AUDIENCE_MISMATCH', 'The client is none of those that the issuer’s clients name.');
  }
  return { ...times, sub: text(claims, 'sub'), clientId, jti: tokenId(claims, mapping, relax) };
}

function judgeAudience({ aud }: JsonObject, { audience, clients, scope }: TrustedIssuer, relax: Relax): void {
  if (audience === undefined) {
    // What takes the audience's place: the config asks for both, and a token that does name an audience names another API.
    if (clients !== undefined && scope !== undefined && aud === undefined && relax('no-aud')) return;
    throw new TokenRefusedError('AUDIENCE_MISMATCH', 'aud is not absent, or nothing else binds the token to this API.');
  }
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.includes(audience) && audiences.every((one) => typeof one === 'string')) return;
  throw new TokenRefusedError('AUDIENCE_MISMATCH', 'aud does not name this API.');
}

function judgeScope(value: unknown, { scope }: TrustedIssuer, relax: Relax): void {
  if (scope === undefined) return;
  if (typeof value === 'string' && value.split(' ').includes(scope)) return;
  if (Array.isArray(value) && value.includes(scope) && relax('scope-array')) return;
  throw new TokenRefusedError(
    'AUDIENCE_MISMATCH',
    'The token has not the scope that its issuer’s tokens must have here.',
  );
}

function judgeTimes(claims: JsonObject, now: number, longest: number) {
  const iat = time(claims, 'iat');
  const exp = time(claims, 'exp');
  const notBefore = claims['nbf'] === undefined ? iat : Math.max(iat, time(claims, 'nbf'));
  if (now >= exp + CLOCK_TOLERANCE_SECONDS) throw new TokenRefusedError('TOKEN_EXPIRED', 'exp has passed.', now - exp);
  if (now + CLOCK_TOLERANCE_SECONDS < notBefore) {
    throw new TokenRefusedError('TOKEN_NOT_YET_VALID', 'iat or nbf lies ahead.', now - notBefore);
  }
  if (exp <= iat || exp - iat > longest) {
    throw new TokenRefusedError('TOKEN_MALFORMED', `exp − iat is ${exp - iat} s, not 1 to ${longest} s.`);
  }
  if (now >= exp) return { iat, exp, skewSeconds: now - exp };
  return { iat, exp, skewSeconds: now < notBefore ? now - notBefore : undefined };
}

function tokenId(claims: JsonObject, { tokenId: name }: ClaimMapping, relax: Relax): string {
  return claims[name] === undefined && relax('no-jti') ? '' : text(claims, name);
}

function text(claims: JsonObject, name: string): string {
  const value = claims[name];
  if (typeof value === 'string' && value !== '' && value.isWellFormed()) return value;
  throw new TokenRefusedError('TOKEN_MALFORMED', `The claim ${name} is missing or no text (RFC 9068).`);
}

/** In whole seconds: a NumericDate may have a fraction (RFC 7519 §2), and those of many issuers do. */
function time(claims: JsonObject, name: string): number {
  const value = claims[name];
  if (typeof value === 'number' && value >= 1 && value <= Number.MAX_SAFE_INTEGER) return Math.floor(value);
  throw new TokenRefusedError('TOKEN_MALFORMED', `The claim ${name} is missing or no time in seconds (RFC 9068).`);
}
