import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { TOLERANCE } from './documented-batch.ts';

export interface KnownIssuer {
  readonly iss: string;
  readonly aud: string;
  readonly keys: ReadonlyMap<string, JsonWebKey>;
}

export interface KnownPrincipal {
  readonly name: string;
  readonly sub: string;
  /** The one stream that it writes, and where from: every source below. */
  readonly writes?: { readonly stream: string; readonly sources: string };
  /** All of its tokens are (`revokedBefore`); ingest says so of every batch. */
  readonly revoked?: true;
}

export interface KnownIdentity {
  readonly principal: KnownPrincipal;
  readonly exp: number;
  readonly token: string;
}

const DAY = 86_400;

type Refused = { readonly code: string };
type Members = Readonly<Record<string, unknown>>;

/** Design §3.3: an access token of RFC 9068, of the built-in issuer, that fits one principal. */
export function judgeAuthorization(
  authorization: string,
  {
    now,
    issuer,
    principals,
  }: {
    /** Seconds since the epoch; undefined for a token that was in time when it was asked, and whose answer is kept. */
    readonly now: number | undefined;
    readonly issuer: KnownIssuer;
    readonly principals: readonly KnownPrincipal[];
  },
): KnownIdentity | Refused {
  const [, token = ''] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization) ?? [];
  const parts = token.split('.');
  const canonical = parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part);
  const [header, claims] = parts.map(objectIn);
  if (token.length > 8192 || parts.length !== 3 || !canonical || header === undefined || claims === undefined) {
    return { code: 'TOKEN_MALFORMED' };
  }
  const code =
    judgeHeader(header, claims, issuer) ?? judgeProof(header, parts, issuer) ?? judgeClaims(claims, issuer, now);
  if (code !== undefined) return { code };
  const principal = principals.find(({ sub }) => sub === claims['sub']);
  return principal === undefined ? { code: 'POLICY_DENIED' } : { principal, exp: wholeSeconds(claims['exp']), token };
}

/** What is asked before any key: whose it is, that it is an access token, and by which algorithm. */
function judgeHeader(header: Members, claims: Members, { iss }: KnownIssuer): string | undefined {
  if (claims['iss'] !== iss) return 'ISSUER_UNKNOWN';
  // RFC 7515 §4.1.9: a media type, which has no case.
  const typ = typeof header['typ'] === 'string' ? header['typ'].toLowerCase() : undefined;
  if (typ !== 'at+jwt' && typ !== 'application/at+jwt') return 'TYPE_MISMATCH';
  if (typeof header['kid'] !== 'string') return 'KEY_UNKNOWN';
  return header['alg'] === 'RS256' ? undefined : 'SIGNATURE_INVALID';
}

function judgeProof({ kid }: Members, parts: readonly string[], { keys }: KnownIssuer): string | undefined {
  const jwk = keys.get(String(kid));
  if (jwk === undefined) return 'KEY_UNKNOWN';
  const [header, payload, signature = ''] = parts;
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const good = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  return good ? undefined : 'SIGNATURE_INVALID';
}

function judgeClaims(claims: Members, { aud }: KnownIssuer, now: number | undefined): string | undefined {
  const audiences = [claims['aud']].flat();
  if (!audiences.includes(aud) || audiences.some((one) => typeof one !== 'string')) return 'AUDIENCE_MISMATCH';
  const { iat, exp, nbf = iat, sub, client_id: clientId, jti, cnf } = claims;
  if (![iat, exp, nbf].every(isTime)) return 'TOKEN_MALFORMED';
  const [begin, end] = [Math.max(wholeSeconds(iat), wholeSeconds(nbf)), wholeSeconds(exp)];
  if (now !== undefined && now >= end + TOLERANCE) return 'TOKEN_EXPIRED';
  if (now !== undefined && now + TOLERANCE < begin) return 'TOKEN_NOT_YET_VALID';
  if (end <= wholeSeconds(iat) || end - wholeSeconds(iat) > DAY) return 'TOKEN_MALFORMED';
  if (![sub, clientId, jti].every(isText)) return 'TOKEN_MALFORMED';
  if (cnf === undefined) return undefined;
  // RFC 7800 §3.1 and RFC 8705 §3.1: an object, bound to a certificate where it says so. These connections have none.
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return 'TOKEN_MALFORMED';
  const bound: unknown = new Map(Object.entries(cnf)).get('x5t#S256');
  if (bound === undefined) return undefined;
  return typeof bound === 'string' ? 'CERTIFICATE_MISSING' : 'TOKEN_MALFORMED';
}

/** What UTF-8 can carry (RFC 8725 §3.7): half a surrogate pair is no text. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

/** A NumericDate (RFC 7519 §2), which may have a fraction. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(wholeSeconds(value)) && value >= 1;
}

function wholeSeconds(time: unknown): number {
  return Math.floor(Number(time));
}

function objectIn(part: string): Members | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
