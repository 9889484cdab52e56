import { NOT_BEFORE_SECONDS } from '../issuer/mint-token.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../shared/identity.ts';
import { knownRefusal, TokenRequestError } from './token-request-error.ts';
import type { IssuedToken } from './token-source.ts';

/** What a token endpoint answered. */
export interface TokenAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** Undefined where it is too large, or not UTF-8. */
  readonly body: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

/** What the authorizer takes at most. */
const MOST_TOKEN_BYTES = 8192;
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;
const OK = { status: 200 };
const JSON_TYPE = /^application\/json[ \t]*(;|$)/i;
/** A token that is older is counted from here: an issuer may have kept it for a while, or date its tokens back (Entra, 5 min). */
const MOST_AGE_SECONDS = 60;

/**
 * Reads an answer by RFC 6749 §5 and the times of its token, which is not verified here.
 *
 * @param now seconds since the epoch
 * @throws TokenRequestError
 */
export function readTokenAnswer({ status, contentType, body }: TokenAnswer, now: number): IssuedToken {
  const members = parseObject(body ?? '');
  if (status !== 200) throw readRefusal(status, members);
  if (!JSON_TYPE.test(contentType ?? '')) throw malformed('an answer that is not application/json');
  if (body === undefined) throw malformed('an answer that is too large, or not UTF-8');
  if (members === undefined) throw malformed('an answer that is not a JSON object');
  const { access_token: token, token_type: type } = members;
  // RFC 6749 §7.1: which kind of token it is decides how it is to be used; the name's case does not matter (§5.1).
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw malformed('a token that is not of type Bearer');
  if (typeof token !== 'string' || token === '') throw malformed('an answer without `access_token`');
  return { token, ...timesOf(claimsOf(token), now) };
}

function readRefusal(status: number, members: Members | undefined): TokenRequestError {
  const refusal = knownRefusal(members?.['error']);
  const redirects = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  const word = refusal === undefined ? redirects : `, ${refusal}`;
  return new TokenRequestError('TOKEN_REQUEST_REFUSED', `status ${status}${word}`, { status, refusal });
}

function claimsOf(token: string): Members {
  const payload = token.length > MOST_TOKEN_BYTES ? undefined : COMPACT_JWS.exec(token)?.[1];
  const claims = payload === undefined ? undefined : parseObject(Buffer.from(payload, 'base64url').toString());
  if (claims === undefined) {
    const expected = `a token that is not a signed JWT of at most ${MOST_TOKEN_BYTES} bytes`;
    throw new TokenRequestError('TOKEN_OPAQUE', expected, OK);
  }
  return claims;
}

function timesOf(claims: Members, now: number): Omit<IssuedToken, 'token'> {
  const exp = timeOf(claims, 'exp');
  if (exp === undefined) throw unusable('a token without `exp`');
  const [iat, nbf] = [timeOf(claims, 'iat'), timeOf(claims, 'nbf')];
  if (exp <= now) throw unusable(`a token that expired ${now - exp} s ago`);
  const begins = Math.max(iat ?? nbf ?? now, nbf ?? iat ?? now);
  if (begins > now + CLOCK_TOLERANCE_SECONDS) throw unusable(`a token that becomes valid in ${begins - now} s only`);
  const earliest = now - MOST_AGE_SECONDS;
  return {
    issuedAt: Math.max(iat ?? now, earliest),
    // Set back as the built-in issuer does: who verifies asks his own clock, and an EdgeWorker's may be slow. No further: when it was
    // pushed is read from here (cli/rotate-judge-token.ts).
    notBefore: Math.max(begins, earliest) - NOT_BEFORE_SECONDS,
    exp,
  };
}

/** A NumericDate may have a fraction (RFC 7519 §2). */
function timeOf(claims: Members, name: 'exp' | 'iat' | 'nbf'): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return Math.floor(value);
  throw unusable(`a token whose \`${name}\` is not a time`);
}

function malformed(seen: string): TokenRequestError {
  return new TokenRequestError('TOKEN_ANSWER_MALFORMED', seen, OK);
}

function unusable(seen: string): TokenRequestError {
  return new TokenRequestError('TOKEN_TIMES_UNUSABLE', seen, OK);
}

function parseObject(text: string): Members | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // The parser's own words quote what it read.
    return undefined;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
