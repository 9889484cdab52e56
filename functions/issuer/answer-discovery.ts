import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { JWK } from 'jose';

export const DISCOVERY_PATH = '/.well-known/openid-configuration';
export const KEY_SET_PATH = '/.well-known/jwks.json';

/** Verifiers, and caches on the way to them, may keep both documents this long; a key roll waits longer than the longest cache. */
export const DOCUMENT_CACHE_SECONDS = 300;

/** OpenID discovery: where the keys are, and that this issuer has no other endpoint. @param issuer its URL, no slash at the end */
export function discovery(issuer: string): APIGatewayProxyStructuredResultV2 {
  return document({
    issuer,
    jwks_uri: `${issuer}${KEY_SET_PATH}`,
    response_types_supported: [],
    grant_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  });
}

/** The public keys (RFC 7517), the one that signs first. */
export function keySet(keys: readonly JWK[]): APIGatewayProxyStructuredResultV2 {
  return document({ keys });
}

function document(body: object): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', 'cache-control': `public, max-age=${DOCUMENT_CACHE_SECONDS}` },
    body: JSON.stringify(body),
  };
}
