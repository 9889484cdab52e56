import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { JWK } from 'jose';
import { type Adapter, type ClientMetadata, type Configuration, Provider } from 'oidc-provider';
import { closeServer, listen } from '../../../local/listen.ts';

/** A key pair of the provider's, or of a client's. */
export interface OpenidKey {
  readonly kid: string;
  readonly alg: OpenidAlgorithm;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
}

export type OpenidAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

/** A client that may ask for tokens by client credentials. */
export type OpenidClient =
  | {
      readonly clientId: string;
      readonly authentication: 'client_secret_basic' | 'client_secret_post';
      readonly clientSecret: string;
    }
  | {
      readonly clientId: string;
      readonly authentication: 'private_key_jwt';
      /** Whose assertions it may sign. */
      readonly keys: readonly OpenidKey[];
    };

/**
 * What befalls a request: `unavailable` answers 503, `silence` never answers, `reset` cuts the connection, `delayMs` answers late.
 */
export type ProviderTrouble = 'none' | 'unavailable' | 'silence' | 'reset' | { readonly delayMs: number };

export interface OpenidProviderOptions {
  readonly clients: readonly OpenidClient[];
  /** The resource indicator (RFC 8707) that must be asked for, and then `aud` of the token. An absolute URI. */
  readonly audience: string;
  /** Scopes of the resource. @default ['write'] */
  readonly scopes?: readonly string[];
  /** @default 3600 */
  readonly tokenLifetimeSeconds?: number;
  /** A JWT by RFC 9068, or a random text that says nothing. @default 'jwt' */
  readonly tokenFormat?: 'jwt' | 'opaque';
  /** The first signs, all are published. @default one RS256 key `provider-1` */
  readonly keys?: readonly OpenidKey[];
  /** Members of every token besides those of RFC 9068. @default {} */
  readonly extraClaims?: Readonly<Record<string, unknown>>;
}

/** A certified OpenID provider on loopback. */
export interface OpenidProvider {
  /** `iss` of its tokens, an origin. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly keySetUrl: string;
  /** Method and path of each request, whatever became of it. */
  readonly requests: readonly string[];
  /** From now on only these are published, and the first of them signs. */
  rotateKeys(keys: readonly OpenidKey[]): void;
  /** @param path of the requests that meet it, such as `/jwks`. @default all */
  setTrouble(trouble: ProviderTrouble, path?: string): void;
  close(): Promise<void>;
}

export function openidKey(kid: string, alg: OpenidAlgorithm = 'RS256'): OpenidKey {
  const { privateKey, publicKey } = newKeyPair(alg);
  const described = { kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    privateJwk: { ...jwk(privateKey.export({ format: 'jwk' })), ...described },
    publicJwk: { ...jwk(publicKey.export({ format: 'jwk' })), ...described },
  };
}

export async function startOpenidProvider(options: OpenidProviderOptions): Promise<OpenidProvider> {
  const requests: string[] = [];
  const troubles = new Map<string, ProviderTrouble>();
  const records = new Map<string, object>();
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {};

  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://provider').pathname;
    requests.push(`${request.method} ${path}`);
    const trouble = troubles.get(path) ?? troubles.get('') ?? 'none';
    if (trouble === 'silence') return;
    if (trouble === 'reset') return void response.destroy();
    if (trouble === 'unavailable') return void response.writeHead(503).end();
    if (trouble !== 'none') await pause(trouble.delayMs);
    await answer(request, response);
  });
  const issuer = await listen(server, 0);

  // The keys of a provider are fixed when it is made: another one with the same name and records takes its place.
  const rotateKeys = (keys: readonly OpenidKey[]): void => {
    answer = new Provider(issuer, configurationOf(options, keys, records)).callback();
  };
  rotateKeys(options.keys ?? [openidKey('provider-1')]);
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    keySetUrl: `${issuer}/jwks`,
    requests,
    rotateKeys,
    setTrouble: (trouble, path = '') => void troubles.set(path, trouble),
    async close() {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}

function configurationOf(
  {
    clients,
    audience,
    scopes = ['write'],
    tokenLifetimeSeconds = 3600,
    tokenFormat = 'jwt',
    extraClaims = {},
  }: OpenidProviderOptions,
  keys: readonly OpenidKey[],
  records: Map<string, object>,
): Configuration {
  const [active] = keys;
  if (active === undefined) throw new TypeError('The provider needs a key to sign with');
  const registered = new Map(clients.map((client) => [client.clientId, metadataOf(client, scopes, active)]));
  return {
    adapter: (kind) => adapterOf(kind, records, (id) => registered.get(id)),
    jwks: { keys: keys.map(({ privateJwk }) => privateJwk) },
    scopes,
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: () => ({
          scope: scopes.join(' '),
          audience,
          accessTokenTTL: tokenLifetimeSeconds,
          accessTokenFormat: tokenFormat,
          jwt: { sign: { alg: active.alg, kid: active.kid } },
        }),
      },
    },
    ttl: { ClientCredentials: tokenLifetimeSeconds },
    extraTokenClaims: () => extraClaims,
  };
}

function metadataOf(client: OpenidClient, scopes: readonly string[], { alg }: OpenidKey): ClientMetadata {
  const granted = {
    client_id: client.clientId,
    token_endpoint_auth_method: client.authentication,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: scopes.join(' '),
    // None is ever asked for, but the default has to have a key.
    id_token_signed_response_alg: alg,
  };
  return client.authentication === 'private_key_jwt'
    ? { ...granted, jwks: { keys: client.keys.map(({ publicJwk }) => publicJwk) } }
    : { ...granted, client_secret: client.clientSecret };
}

/**
 * In memory, and not the one of the package, which says on the console that it is not meant to last. Clients come from here too:
 * those of the configuration are cloned into another realm by jest, where the package does not know its own objects again.
 */
function adapterOf(kind: string, records: Map<string, object>, clientOf: (id: string) => object | undefined): Adapter {
  return {
    upsert: async (id, payload) => void records.set(`${kind}:${id}`, payload),
    find: async (id) => (kind === 'Client' ? clientOf(id) : records.get(`${kind}:${id}`)),
  };
}

function newKeyPair(alg: OpenidAlgorithm) {
  switch (alg) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
  }
}

/** Node's type of a JWK leaves `kty` open. */
function jwk({ kty, ...members }: JsonWebKey): JWK {
  if (kty === undefined) throw new TypeError('A key without a type');
  return { ...members, kty };
}
