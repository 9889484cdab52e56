import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Config } from '../../config/schema.ts';
import { createAuthorize } from '../../functions/authorizer/authorize.ts';
import { trustedIssuers } from '../../functions/authorizer/trusted-issuer.ts';
import { publicJwk } from '../../functions/shared/public-jwk.ts';
import { authorizerEvent } from '../../local/gateway/gateway-events.ts';
import { createBareJoseVerify } from './baseline/bare-jose-verify.ts';
import { type CompareOptions, compare, contender } from './compare.ts';
import { comparedFigure, type Figure, p99Figure } from './figure.ts';

const ISSUER = 'https://issuer.example';
const SECONDS = 3_600;

export const DECISION_FIGURES = ['authorizer decision ms, RS256, p50', 'authorizer decision ms, RS256, p99'] as const;

/**
 * The authorizer's whole decision for a good RS256 token whose key is at hand, in milliseconds: event in, answer and audit line out. The
 * baseline is `bare-jose-verify.ts`, in the same process.
 */
export async function measureDecision(config: Config, options: CompareOptions): Promise<readonly Figure[]> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicJwk(publicKey.export({ format: 'jwk' }));
  const keys = { keys: [jwk] };
  const audience = config.issuers[0]?.audience ?? '';
  const sub = Object.values(config.principals).find(({ claims }) => claims !== undefined)?.claims?.['sub'] ?? '';
  const token = await new SignJWT({ client_id: sub, jti: '0193a5b0-7c1e-7f00-8000-000000000000', scope: 'ingest' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime(`${SECONDS}s`)
    .sign(privateKey);
  const authorize = createAuthorize({
    config,
    issuers: trustedIssuers(config.issuers, { issuer: ISSUER, keySetUrl: `${ISSUER}/jwks.json` }),
    keySetFor: async () => keys,
    clock: Date.now,
    // Made into text as the real one is, and then written nowhere.
    audit: (line) => void JSON.stringify(line),
    telemetry: { count: () => undefined, warn: () => undefined },
  });
  const event = eventWith(token);
  const verify = createBareJoseVerify(keys, { issuer: ISSUER, audience });
  const ours = contender(() => async () => {
    if (!(await authorize(event)).isAuthorized) throw new RangeError('The token is good and must be taken');
  });
  const bare = contender(() => () => verify(token));
  await compare([ours, bare], options);
  return [
    comparedFigure(DECISION_FIGURES[0], 'ms', ours.ms, bare.ms),
    p99Figure(DECISION_FIGURES[1], 'ms', ours.ms, bare.ms),
  ];
}

function eventWith(token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const request = {
    method: 'POST',
    path: '/v1/streams/web_events/batches',
    rawQueryString: '',
    query: {},
    cookies: [],
  };
  const facts = { requestId: 'bench', routeKey: 'POST /v1/streams/{stream}/batches', parameters: {}, timeEpoch: 0 };
  const parsed = { ...request, headers, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', body: Buffer.alloc(0) };
  return authorizerEvent(parsed, facts, [headers.authorization]);
}
