import type { JSONWebKeySet } from 'jose';
import { CLOCK_TOLERANCE_SECONDS } from '../shared/identity.ts';
import { TokenRefusedError } from './token-refused-error.ts';
import { verifyCompactSignature } from './verify-signature.ts';

/** An issuer whose tokens are taken. */
export interface TrustedIssuer {
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

export interface VerifyTokenOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** The issuer's key set. What it throws is passed on: an unreachable key set proves nothing against the token. */
  readonly keySetFor: (issuer: TrustedIssuer, kid: string) => Promise<JSONWebKeySet>;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** The claims of an access token (RFC 9068 §2.2), all proven. */
export interface VerifiedToken {
  readonly iss: string;
  readonly sub: string;
  readonly clientId: string;
  readonly jti: string;
  readonly kid: string;
  readonly iat: number;
  readonly exp: number;
  /** Every claim, for the policy's matchers. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A compact JWS above this is not read any further; API Gateway's headers end at 10,240 bytes anyway. */
const TOKEN_BYTES = 8192;
/** A token that lives longer than a day is not a short-lived access token. */
const MOST_LIFETIME_SECONDS = 86_400;

/**
 * Verifies an access token by RFC 9068, strictly. The issuer is chosen from the list before any key is fetched, and
 * nothing in the token names a place to fetch from.
 *
 * @throws TokenRefusedError with the code of the first check that fails; whatever `keySetFor` throws
 */
export async function verifyToken(token: string, options: VerifyTokenOptions): Promise<VerifiedToken> {
  const { issuers, keySetFor, now } = options;
  const { header, claims } = decode(token);
  if (header['typ'] !== 'at+jwt' && header['typ'] !== 'application/at+jwt') {
    throw new TokenRefusedError('TYPE_MISMATCH', 'typ is not at+jwt.');
  }
  // RFC 7797 §7: no JWT has an unencoded payload; the signed bytes would not be the claims that are read here.
  if (header['b64'] !== undefined) throw new TokenRefusedError('TOKEN_MALFORMED', 'The header has b64.');
  const kid = header['kid'];
  if (typeof kid !== 'string') throw new TokenRefusedError('KEY_UNKNOWN', 'The header has no kid.');
  const issuer = issuers.find((candidate) => candidate.issuer === claims['iss']);
  if (issuer === undefined) throw new TokenRefusedError('ISSUER_UNKNOWN', 'iss is none of the configured issuers.');
  if (!issuer.algorithms.some((algorithm) => algorithm === header['alg'])) {
    throw new TokenRefusedError('SIGNATURE_INVALID', `alg is none of ${issuer.algorithms.join(', ')}.`);
  }

  await verifyCompactSignature(token, await keySetFor(issuer, kid), issuer.algorithms);

  const audiences = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
  if (!audiences.includes(issuer.audience))
    throw new TokenRefusedError('AUDIENCE_MISMATCH', 'aud does not name this API.');
  const { iat, exp } = verifyTimes(claims, now);
  return {
    iss: issuer.issuer,
    sub: text(claims, 'sub'),
    clientId: text(claims, 'client_id'),
    jti: text(claims, 'jti'),
    kid,
    iat,
    exp,
    claims,
  };
}

function verifyTimes(claims: Claims, now: number): { readonly iat: number; readonly exp: number } {
  const iat = time(claims, 'iat');
  const exp = time(claims, 'exp');
  const nbf = claims['nbf'] === undefined ? iat : time(claims, 'nbf');
  if (now >= exp + CLOCK_TOLERANCE_SECONDS) throw new TokenRefusedError('TOKEN_EXPIRED', 'exp has passed.', now - exp);
  const notBefore = Math.max(iat, nbf);
  if (now + CLOCK_TOLERANCE_SECONDS < notBefore) {
    throw new TokenRefusedError('TOKEN_NOT_YET_VALID', 'iat or nbf lies ahead.', now - notBefore);
  }
  if (exp <= iat || exp - iat > MOST_LIFETIME_SECONDS) {
    throw new TokenRefusedError('TOKEN_MALFORMED', `exp − iat is not between 1 and ${MOST_LIFETIME_SECONDS} seconds.`);
  }
  return { iat, exp };
}

type Claims = Readonly<Record<string, unknown>>;

/** Three parts of canonical base64url, header and payload JSON objects without duplicate members. */
function decode(token: string): { readonly header: Claims; readonly claims: Claims } {
  if (token.length > TOKEN_BYTES) throw new TokenRefusedError('TOKEN_MALFORMED', `Longer than ${TOKEN_BYTES} bytes.`);
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw new TokenRefusedError('TOKEN_MALFORMED', 'Not three parts.');
  }
  if (![header, payload, signature].every(isCanonicalBase64Url)) {
    throw new TokenRefusedError('TOKEN_MALFORMED', 'A part is not canonical base64url.');
  }
  return { header: parseObject(header), claims: parseObject(payload) };
}

function isCanonicalBase64Url(part: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(part) && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function parseObject(part: string): Claims {
  const json = Buffer.from(part, 'base64url').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new TokenRefusedError('TOKEN_MALFORMED', 'A part is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenRefusedError('TOKEN_MALFORMED', 'A part is not a JSON object.');
  }
  if (countMembers(json) !== countKeys(value))
    throw new TokenRefusedError('TOKEN_MALFORMED', 'A part names a member twice.');
  return { ...value };
}

/** Members in the text: colons outside strings. More of them than keys after parsing means that one was overwritten. */
function countMembers(json: string): number {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : children.length;
  return children.reduce((sum: number, child) => sum + countKeys(child), own);
}

function text(claims: Claims, name: string): string {
  const value = claims[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new TokenRefusedError('TOKEN_MALFORMED', `The claim ${name} is missing or no text (RFC 9068).`);
}

function time(claims: Claims, name: string): number {
  const value = claims[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new TokenRefusedError(
    'TOKEN_MALFORMED',
    `The claim ${name} is missing or no time in whole seconds (RFC 9068).`,
  );
}
