import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { required } from '../shared/environment.ts';
import { parseIssuerKeys } from '../shared/issuer-keys.ts';
import { createLambdaTelemetry } from '../shared/lambda-telemetry.ts';
import { openIssuerKeys } from '../shared/open-issuer-keys.ts';
import { reportStale } from '../shared/report-stale.ts';
import { cachedSecret } from '../shared/secret-cache.ts';
import { DISCOVERY_PATH, discovery, keySet } from './answer-discovery.ts';
import { createPublishedKeySet } from './published-key-set.ts';

const issuer = required(process.env, 'ISSUER_URL');
const { store, secret, readPublicKey } = openIssuerKeys(process.env);
const onStale = reportStale(createLambdaTelemetry('issuer').telemetry);
const publishedKeySet = createPublishedKeySet({
  keys: cachedSecret(store, secret, parseIssuerKeys, Date.now, { onStale }),
  readPublicKey,
});

/** The issuer's two documents; the gateway routes nothing else here. What it throws becomes a 500. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.rawPath === DISCOVERY_PATH) return discovery(issuer);
  return keySet(await publishedKeySet());
}
