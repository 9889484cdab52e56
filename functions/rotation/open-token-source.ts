import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { required } from '../shared/environment.ts';
import { openIssuerKeys } from '../shared/open-issuer-keys.ts';
import type { SecretStore } from '../shared/secret-store.ts';
import { createBuiltinTokenSource } from './builtin-token-source.ts';
import { createClientTokenSource } from './client-token-source.ts';
import { parseEdgeClients } from './edge-clients.ts';
import { createTokenProver } from './prove-token.ts';
import type { TokenSource } from './token-source.ts';

export interface TokenSourceTools {
  readonly secrets: SecretStore;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Opens the source for one refresh, which ends with the signal. */
export type OpenTokenSource = (signal: AbortSignal) => Promise<TokenSource>;

/**
 * Who gives the tokens, as the config says. The built-in issuer needs `ISSUER_URL` and what `openIssuerKeys` needs; an
 * external one `EDGE_CLIENTS_SECRET`. Keys and clients are read anew by each refresh.
 *
 * @throws EnvironmentMissingError
 */
export function prepareTokenSource(
  { edge, issuers, principals }: Pick<Config, 'edge' | 'issuers' | 'principals'>,
  environment: Readonly<Record<string, string | undefined>>,
  { secrets, pause }: TokenSourceTools,
): OpenTokenSource {
  const clock = Date.now;
  if (edge.tokens === 'builtin') {
    const issuer = required(environment, 'ISSUER_URL');
    const keys = openIssuerKeys(environment);
    return async () =>
      createBuiltinTokenSource({
        issuer,
        audience: issuers.find((issuer) => issuer.kind === 'builtin')?.audience ?? '',
        lifetimeSeconds: edge.tokenLifetimeMinutes * 60,
        signer: await keys.signer(),
        clock,
        newId: randomUUID,
      });
  }
  const endpoint = edge.tokens;
  const clientsSecret = required(environment, 'EDGE_CLIENTS_SECRET');
  return async (signal) => {
    const clients = parseEdgeClients(await secrets.read(clientsSecret));
    return createClientTokenSource({
      endpoint,
      clients,
      prove: createTokenProver({ config: { issuers, principals }, fetch, clock }),
      fetch,
      clock,
      random: Math.random,
      newId: randomUUID,
      pause,
      signal,
    });
  };
}
