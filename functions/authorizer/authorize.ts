import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { JSONWebKeySet } from 'jose';
import type { Config } from '../../config/schema.ts';
import type { Audit, IdentityAudit } from '../shared/audit.ts';
import { bearerToken } from '../shared/bearer-token.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import type { Identity, ProvenIdentity } from '../shared/identity.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import { CertificateRefusedError } from './certificate-refused-error.ts';
import { KeySetUnavailableError } from './key-set-unavailable-error.ts';
import { refuseDeniedCertificate } from './match-certificate.ts';
import { type ClientCertificate, readCertificate } from './read-certificate.ts';
import { principalOfCertificate, principalOfToken, verifyCertificateOf } from './settle-principal.ts';
import { TokenRefusedError } from './token-refused-error.ts';
import type { TrustedIssuer } from './trusted-issuer.ts';
import { type VerifiedToken, verifyToken } from './verify-token.ts';

export interface AuthorizeDependencies<Issuer extends TrustedIssuer = TrustedIssuer> {
  readonly config: Pick<Config, 'principals' | 'policyHash'>;
  readonly issuers: readonly Issuer[];
  readonly keySetFor: (issuer: Issuer, kid: string) => Promise<JSONWebKeySet>;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly telemetry: Telemetry;
}

export type Authorize = (event: APIGatewayRequestAuthorizerEventV2) => Promise<SimpleResponse>;

/** API Gateway's simple response, payload format 2.0. */
export interface SimpleResponse {
  readonly isAuthorized: boolean;
  readonly context?: Identity;
}

/**
 * Says who a caller is, and nothing of what it may do: the answer is cached across streams. Refuses only what is proven
 * bad; whatever else fails is thrown, so that the gateway answers 500 and caches nothing.
 */
export function createAuthorize<Issuer extends TrustedIssuer>(deps: AuthorizeDependencies<Issuer>): Authorize {
  const { config, clock, audit, telemetry } = deps;

  return async (event) => {
    const startedAt = clock();
    const line = (decision: 'allow' | 'deny' | 'error', identity: ProvenIdentity) =>
      ({
        audit: 'identity',
        time: new Date(startedAt).toISOString(),
        requestId: event.requestContext.requestId,
        decision,
        policyHash: config.policyHash,
        identity,
        latencyMs: clock() - startedAt,
      }) as const;
    let proven: ProvenIdentity = {};
    const prove = (proof: ProvenIdentity) => {
      proven = { ...proven, ...proof };
    };
    try {
      const { identity, certificateEnds, ...skew } = await identify(event, deps, prove);
      audit({ ...line('allow', identity), ...skew });
      telemetry.count('IdentitiesAccepted', 1);
      const left = (certificateEnds ?? Number.POSITIVE_INFINITY) - seconds(clock);
      if (left < RENEWAL_SECONDS)
        telemetry.count('CertificateSecondsToExpiry', left, { principal: identity.principal });
      return { isAuthorized: true, context: identity };
    } catch (error) {
      if (!(error instanceof TokenRefusedError || error instanceof CertificateRefusedError)) {
        audit({ ...line('error', proven), ...undecided(error) });
        throw error;
      }
      const { code, message } = error;
      const skewSeconds = error instanceof TokenRefusedError ? error.skewSeconds : undefined;
      const skew = skewSeconds === undefined ? {} : { skewSeconds };
      audit({ ...line('deny', { ...proven, ...error.proven }), code, detail: message, ...skew });
      telemetry.count('IdentitiesRefused', 1, { code });
      return { isAuthorized: false };
    }
  };
}

/** Why nobody could say who it is, in words of ours alone: what else was thrown may quote anything. */
function undecided(error: unknown): Pick<IdentityAudit, 'code' | 'detail'> {
  return error instanceof KeySetUnavailableError ? { code: error.code, detail: error.message } : {};
}

/** A certificate is spoken of from 60 days before its end on: until then it would be a log line a call that nobody needs. */
const RENEWAL_SECONDS = 60 * 86_400;

interface Identified {
  readonly identity: Identity;
  /** End of the client certificate that the principal needs; in seconds since the epoch. */
  readonly certificateEnds?: number;
  /** Our clock less the claim's time, where the token is taken only within the tolerance. */
  readonly skewSeconds?: number;
}

/** @param prove is told of what is proven as soon as it is: an audit line names it, also where the caller is refused in the end */
async function identify<Issuer extends TrustedIssuer>(
  event: APIGatewayRequestAuthorizerEventV2,
  { config, issuers, keySetFor, clock }: AuthorizeDependencies<Issuer>,
  prove: (proof: ProvenIdentity) => void,
): Promise<Identified> {
  const principals = Object.values(config.principals);
  const certificate = readClientCertificate(event, seconds(clock));
  const proof = certificate && { spki: certificate.spki, serial: certificate.serial };
  if (proof !== undefined) prove(proof);
  if (certificate !== undefined) refuseDeniedCertificate(certificate, principals);
  const authorization = event.headers?.['authorization'];
  if (authorization === undefined) {
    if (certificate === undefined) throw new TokenRefusedError('TOKEN_MISSING', 'No Authorization header.');
    const { name } = principalOfCertificate(certificate, principals);
    const { notBefore, notAfter, spki, serial } = certificate;
    const identity = { principal: name, auth: 'certificate', exp: notAfter, iat: notBefore, spki, serial } as const;
    return { identity, certificateEnds: notAfter };
  }
  const token = bearerToken(authorization);
  if (token === undefined) throw new TokenRefusedError('TOKEN_MALFORMED', 'Authorization is not one Bearer token.');
  const verified = await verifyToken(token, { issuers, keySetFor, now: seconds(clock) });
  prove(claimsIn(verified));
  const principal = principalOfToken(verified, principals);
  verifyCertificateOf(principal, verified.claims, certificate, principals);
  const { skewSeconds } = verified;
  const known = { principal: principal.name, ...claimsIn(verified) };
  const skew = skewSeconds === undefined ? {} : { skewSeconds };
  if (certificate === undefined || proof === undefined || principal.require !== 'both') {
    return { identity: { ...known, auth: 'token', ...proof }, ...skew };
  }
  return { identity: { ...known, auth: 'both', ...proof }, certificateEnds: certificate.notAfter, ...skew };
}

/** The certificate of the connection, as the gateway tells it; from nowhere else, for a header is whatever somebody writes. */
function readClientCertificate(
  { requestContext }: APIGatewayRequestAuthorizerEventV2,
  now: number,
): ClientCertificate | undefined {
  const pem = requestContext.authentication?.clientCert.clientCertPem;
  return pem === undefined ? undefined : readCertificate(pem, now);
}

function claimsIn({ iss, sub, clientId, jti, kid, exp, iat, relaxations }: VerifiedToken) {
  const needed = relaxations.length > 0 && { relaxations: relaxations.join(' ') };
  return { iss, sub, clientId, jti, kid, exp, iat, ...needed };
}
