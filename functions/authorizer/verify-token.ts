import type { JSONWebKeySet } from 'jose';
import { type Relaxation, RFC_9068_CLAIMS } from '../../config/issuer-presets.ts';
import type { ProvenIdentity } from '../shared/identity.ts';
import { decodeCompact, parsePart } from './decode-compact.ts';
import { type JudgedClaims, judgeClaims, judgeType, type Relax } from './judge-claims.ts';
import type { JsonObject } from './parse-json-object.ts';
import { TokenRefusedError } from './token-refused-error.ts';
import type { TrustedIssuer } from './trusted-issuer.ts';
import { allowedAlgorithm, verifySignature } from './verify-signature.ts';

export interface VerifyTokenOptions<Issuer extends TrustedIssuer = TrustedIssuer> {
  readonly issuers: readonly Issuer[];
  /** The issuer's key set. What it throws is passed on: an unreachable key set proves nothing against the token. */
  readonly keySetFor: (issuer: Issuer, kid: string) => Promise<JSONWebKeySet>;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** An access token (RFC 9068 §2.2), all of it proven. */
export interface VerifiedToken<Issuer extends TrustedIssuer = TrustedIssuer> extends JudgedClaims {
  readonly iss: string;
  readonly kid: string;
  /** Every claim, for the policy's matchers. */
  readonly claims: JsonObject;
  readonly issuer: Issuer;
  /** Those that this token needed. */
  readonly relaxations: readonly Relaxation[];
}

/** A compact JWS above this is not read any further; API Gateway's headers end at 10,240 bytes anyway. */
const TOKEN_BYTES = 8192;

/**
 * Verifies an access token by RFC 9068, as strictly as its issuer allows. The issuer is chosen from the list before any key is
 * fetched, and nothing in the token names a place to fetch from.
 *
 * @throws TokenRefusedError with the code of the first check that fails; whatever `keySetFor` throws
 */
export async function verifyToken<Issuer extends TrustedIssuer>(
  token: string,
  options: VerifyTokenOptions<Issuer>,
): Promise<VerifiedToken<Issuer>> {
  const { issuers, keySetFor, now } = options;
  if (token.length > TOKEN_BYTES) throw new TokenRefusedError('TOKEN_MALFORMED', `Longer than ${TOKEN_BYTES} bytes.`);
  const jws = decodeCompact(token);
  const claims = parsePart('payload', jws.payload);
  const issuer = issuers.find((candidate) => candidate.issuer === claims['iss']);
  if (issuer === undefined) throw new TokenRefusedError('ISSUER_UNKNOWN', 'iss is none of the configured issuers.');
  const needed: Relaxation[] = [];
  const relax: Relax = (relaxation) => {
    const allowed = issuer.relaxations?.includes(relaxation) ?? false;
    if (allowed) needed.push(relaxation);
    return allowed;
  };
  judgeType(jws.header['typ'], relax);
  const kid = jws.header['kid'];
  if (typeof kid !== 'string') throw new TokenRefusedError('KEY_UNKNOWN', 'The header has no kid.');
  allowedAlgorithm(jws.header['alg'], issuer.algorithms);

  const { keys } = await keySetFor(issuer, kid);
  await verifySignature(jws, { keys: keys.filter((key) => key.kid === kid) }, issuer.algorithms);

  try {
    const judged = judgeClaims(claims, issuer, now, relax);
    return { ...judged, iss: issuer.issuer, kid, claims, issuer, relaxations: needed };
  } catch (error) {
    if (!(error instanceof TokenRefusedError)) throw error;
    throw new TokenRefusedError(error.code, error.message, error.skewSeconds, provenBy(claims, issuer, kid));
  }
}

/** Who signed a token that is refused all the same, e.g. because it is old: an operator has to find its sender. */
function provenBy(
  claims: JsonObject,
  { issuer, claims: mapping = RFC_9068_CLAIMS }: TrustedIssuer,
  kid: string,
): ProvenIdentity {
  const [sub, clientId, jti] = [claims['sub'], claims[mapping.clientId], claims[mapping.tokenId]];
  return {
    iss: issuer,
    kid,
    ...(typeof sub === 'string' && { sub }),
    ...(typeof clientId === 'string' && { clientId }),
    ...(typeof jti === 'string' && { jti }),
  };
}
