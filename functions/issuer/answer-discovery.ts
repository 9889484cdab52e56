import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { TokenSigner } from '../shared/token-signer.ts';

export const DISCOVERY_PATH = '/.well-known/openid-configuration';
export const KEY_SET_PATH = '/.well-known/jwks.json';

/** Verifiers may keep both documents this long; a key roll waits longer than the longest cache. */
const CACHE_SECONDS = 300;

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

/** The public keys (RFC 7517). */
export async function keySet(signer: TokenSigner): Promise<APIGatewayProxyStructuredResultV2> {
  return document({ keys: await signer.publicKeys() });
}

function document(body: object): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', 'cache-control': `public, max-age=${CACHE_SECONDS}` },
    body: JSON.stringify(body),
  };
}
