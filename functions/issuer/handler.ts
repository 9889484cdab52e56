import { KMSClient } from '@aws-sdk/client-kms';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { awsClientOptions } from '../shared/aws-clients.ts';
import { required } from '../shared/environment.ts';
import { createKmsTokenSigner } from '../shared/kms-token-signer.ts';
import type { TokenSigner } from '../shared/token-signer.ts';
import { DISCOVERY_PATH, discovery, keySet } from './answer-discovery.ts';

const issuer = required(process.env, 'ISSUER_URL');
const activeKey = required(process.env, 'ACTIVE_KEY');
const otherKey = required(process.env, 'OTHER_KEY');
const kms = new KMSClient(awsClientOptions(required(process.env, 'AWS_REGION')));
let signer: Promise<TokenSigner> | undefined;

/** The issuer's two documents; the gateway routes nothing else here. The keys are read once a container. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.rawPath === DISCOVERY_PATH) return discovery(issuer);
  signer ??= createKmsTokenSigner([activeKey, otherKey], kms);
  try {
    return await keySet(await signer);
  } catch (error) {
    signer = undefined;
    throw error;
  }
}
