import { randomUUID } from 'node:crypto';
import { createClientTokenSource } from '../../../functions/rotation/client-token-source.ts';
import { parseEdgeClients } from '../../../functions/rotation/edge-clients.ts';
import { type OpenidClient, type OpenidProvider, openidKey } from './openid-provider.ts';

export const AUDIENCE = 'https://edgehouse.internal/ingest';

const CLIENT_KEY = openidKey('client-key', 'ES256');

export const BASIC_CLIENT = {
  clientId: 'edge-11',
  authentication: 'client_secret_basic',
  clientSecret: 'a long secret that only the two of them know',
} as const satisfies OpenidClient;

export const JWT_CLIENT = {
  clientId: 'edge-12',
  authentication: 'private_key_jwt',
  keys: [CLIENT_KEY],
} as const satisfies OpenidClient;

/** A token by client credentials, asked for as the refresh does it. @param resource that the token is for */
export async function askForToken(
  { tokenEndpoint }: OpenidProvider,
  client: typeof BASIC_CLIENT | typeof JWT_CLIENT,
  resource: string = AUDIENCE,
): Promise<string> {
  const proof =
    'clientSecret' in client ? { clientSecret: client.clientSecret } : { privateKey: CLIENT_KEY.privateJwk };
  const source = createClientTokenSource({
    endpoint: { tokenEndpoint, authentication: client.authentication, scope: 'write', resource },
    clients: parseEdgeClients(JSON.stringify({ 1: { clientId: client.clientId, ...proof } })),
    // The authorizer under test judges it.
    prove: async () => undefined,
    fetch,
    clock: Date.now,
    random: Math.random,
    newId: randomUUID,
    pause: async () => undefined,
    signal: AbortSignal.timeout(20_000),
  });
  return (await source.tokenFor(1)).token;
}
