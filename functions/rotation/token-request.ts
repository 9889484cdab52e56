import type { ClientCredentials } from '../../config/edge-tokens-schema.ts';
import type { EdgeClient } from './edge-clients.ts';
import { signClientAssertion } from './sign-client-assertion.ts';

export interface TokenRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: URLSearchParams;
}

/**
 * A request for a token by client credentials (RFC 6749 §4.4.2), with what the client proves itself by.
 *
 * @param assertion time in seconds and a unique id, for `private_key_jwt`
 */
export function tokenRequest(
  endpoint: ClientCredentials,
  client: EdgeClient,
  assertion: { readonly now: number; readonly id: string },
): TokenRequest {
  const { scope, audience, resource } = endpoint;
  const proof = proofOf(endpoint, client, assertion);
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined ? {} : { resource }),
    ...proof.body,
  });
  // `fetch` adds the content type that belongs to this body.
  return { headers: { accept: 'application/json', ...proof.headers }, body };
}

interface Proof {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, string>>;
}

function proofOf(
  { authentication, assertionAudience, tokenEndpoint }: ClientCredentials,
  client: EdgeClient,
  assertion: { readonly now: number; readonly id: string },
): Proof {
  const { clientId } = client;
  if ('key' in client) {
    const audience = assertionAudience ?? tokenEndpoint;
    return {
      body: {
        // RFC 7521 §4.2 does not ask for it, Entra does.
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: signClientAssertion({ clientId, audience, ...assertion }, client.key),
      },
    };
  }
  const { clientSecret } = client;
  if (authentication === 'client_secret_post') return { body: { client_id: clientId, client_secret: clientSecret } };
  const pair = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`);
  return { headers: { authorization: `Basic ${pair.toString('base64')}` } };
}

/** Both halves are form-encoded before they are joined (RFC 6749 §2.3.1 and appendix B). */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
