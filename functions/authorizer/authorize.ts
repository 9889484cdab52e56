import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { JSONWebKeySet } from 'jose';
import type { Config, Principal } from '../../config/schema.ts';
import type { Audit } from '../shared/audit.ts';
import { bearerToken } from '../shared/bearer-token.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import type { Identity } from '../shared/identity.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import { TokenRefusedError } from './token-refused-error.ts';
import { type TrustedIssuer, type VerifiedToken, verifyToken } from './verify-token.ts';

export interface AuthorizeDependencies {
  readonly config: Pick<Config, 'principals' | 'policyHash'>;
  readonly issuers: readonly TrustedIssuer[];
  readonly keySetFor: (issuer: TrustedIssuer, kid: string) => Promise<JSONWebKeySet>;
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
export function createAuthorize(deps: AuthorizeDependencies): Authorize {
  const { config, clock, audit, telemetry } = deps;

  return async (event) => {
    const startedAt = clock();
    const line = (decision: 'allow' | 'deny' | 'error', identity: Partial<Identity>) =>
      ({
        audit: 'identity',
        time: new Date(startedAt).toISOString(),
        requestId: event.requestContext.requestId,
        decision,
        policyHash: config.policyHash,
        identity,
        latencyMs: clock() - startedAt,
      }) as const;
    try {
      const identity = await identify(event.headers?.['authorization'], deps);
      audit(line('allow', identity));
      telemetry.count('IdentitiesAccepted', 1);
      return { isAuthorized: true, context: identity };
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) {
        audit(line('error', {}));
        throw error;
      }
      const { code, message, skewSeconds } = error;
      audit({ ...line('deny', {}), code, detail: message, ...(skewSeconds === undefined ? {} : { skewSeconds }) });
      telemetry.count('IdentitiesRefused', 1, { code });
      return { isAuthorized: false };
    }
  };
}

async function identify(authorization: string | undefined, deps: AuthorizeDependencies): Promise<Identity> {
  if (authorization === undefined) throw new TokenRefusedError('TOKEN_MISSING', 'No Authorization header.');
  const token = bearerToken(authorization);
  if (token === undefined) throw new TokenRefusedError('TOKEN_MALFORMED', 'Authorization is not one Bearer token.');
  const verified = await verifyToken(token, {
    issuers: deps.issuers,
    keySetFor: deps.keySetFor,
    now: seconds(deps.clock),
  });
  const principal = principalOf(verified, Object.values(deps.config.principals));
  const { iss, sub, clientId, jti, kid, exp } = verified;
  return { principal: principal.name, auth: 'token', iss, sub, clientId, jti, kid, exp };
}

/** The one principal whose every matcher fits the token; the configuration refuses principals that could both fit. */
function principalOf({ claims }: VerifiedToken, principals: readonly Principal[]): Principal {
  const fitting = principals.filter(({ claims: wanted }) => {
    const matchers = Object.entries(wanted ?? {});
    return matchers.length > 0 && matchers.every(([name, value]) => claims[name] === value);
  });
  const [principal] = fitting;
  if (principal !== undefined && fitting.length === 1) return principal;
  throw new TokenRefusedError(
    'POLICY_DENIED',
    `The token is good but fits ${fitting.length} principals of the policy.`,
  );
}
