import { randomBytes } from 'node:crypto';
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';
import { z } from 'zod';
import type { ClientAuthentication, ClientCredentials } from '../../../config/edge-tokens-schema.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { observeRefresh } from '../../../functions/rotation/observe-refresh.ts';
import { prepareTokenSource } from '../../../functions/rotation/open-token-source.ts';
import { refreshEdgeTokens } from '../../../functions/rotation/refresh-edge-token.ts';
import type { Telemetry } from '../../../functions/shared/telemetry.ts';
import type { VersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { createEdgeKvService } from '../../../local/edgekv/edgekv-service.ts';
import {
  type OpenidAlgorithm,
  type OpenidClient,
  type OpenidKey,
  type OpenidProvider,
  type OpenidProviderOptions,
  openidKey,
  startOpenidProvider,
} from './openid-provider.ts';

export const AUDIENCE = 'https://edgehouse.internal/ingest';
export const EDGE_WORKERS = [11, 12] as const;

const ITEM = z.strictObject({
  v: z.literal(1),
  token: z.string(),
  key: z.string(),
  keyId: z.string(),
  notBefore: z.int(),
  exp: z.int(),
});
export type EdgeItem = z.infer<typeof ITEM>;

export interface EdgeTokenRigOptions {
  readonly authentication: ClientAuthentication;
  /** Of the clients' keys. @default 'ES256' */
  readonly alg?: OpenidAlgorithm;
  /** What the config says besides the endpoint. @default scope and resource that give a token for ingest */
  readonly tokens?: (provider: OpenidProvider) => Partial<ClientCredentials>;
  readonly provider?: Partial<OpenidProviderOptions>;
  /** Entries of the clients' secret that are others than the provider knows. @default none */
  readonly clients?: Readonly<Record<string, object>>;
  /** Whose tokens ingest would take. @default each EdgeWorker's */
  readonly principals?: object;
  readonly telemetry?: Telemetry;
}

/** The refresh as it is deployed, between an external issuer and EdgeKV. */
export interface EdgeTokenRig {
  readonly provider: OpenidProvider;
  readonly master: VersionedKeys;
  /** What nobody but provider, EdgeWorker and EdgeKV may see, by name; grows with each refresh. */
  readonly secrets: Map<string, string | Uint8Array>;
  /** @throws what the function throws */
  refresh(): Promise<void>;
  /** What EdgeKV has for an EdgeWorker. */
  item(edgeWorkerId: number): Promise<EdgeItem | undefined>;
  /** As the provider's key set says. */
  verify(token: string): Promise<JWTVerifyResult>;
  close(): Promise<void>;
}

interface EdgeWorkerClient {
  readonly known: OpenidClient;
  readonly entry: object;
}

export async function startEdgeTokenRig(options: EdgeTokenRigOptions): Promise<EdgeTokenRig> {
  const secrets = new Map<string, string | Uint8Array>();
  const clients = EDGE_WORKERS.map((id) => makeClient(id, options, secrets));
  const provider = await startOpenidProvider({
    audience: AUDIENCE,
    clients: clients.map(({ known }) => known),
    ...options.provider,
  });
  const entries = Object.fromEntries(clients.map(({ entry }, index) => [EDGE_WORKERS[index], entry]));
  const secret = JSON.stringify({ ...entries, ...options.clients });
  const config = parseConfig({
    streams: { hits: {} },
    principals: options.principals ?? Object.fromEntries(EDGE_WORKERS.map((id) => [`ew-${id}`, principalOf(id)])),
    issuers: [{ url: provider.issuer, audience: AUDIENCE, keySetUrl: provider.keySetUrl }],
    edge: {
      edgeWorkerIds: [...EDGE_WORKERS],
      networks: ['production'],
      tokens: {
        tokenEndpoint: provider.tokenEndpoint,
        authentication: options.authentication,
        scope: 'write',
        resource: AUDIENCE,
        ...options.tokens?.(provider),
      },
    },
  });
  const tools = { secrets: { read: async () => secret }, pause: async () => undefined };
  const openTokenSource = prepareTokenSource(config, { EDGE_CLIENTS_SECRET: 'edgehouse/edge-clients' }, tools);
  const edgeKv = createEdgeKvService({ accessToken: 'a', network: 'production' });
  const master: VersionedKeys = [{ version: 3, key: randomBytes(32) }];
  const keySet = createRemoteJWKSet(new URL(provider.keySetUrl), { cooldownDuration: 0 });
  const { edge } = config;

  const readItem = async (edgeWorkerId: number): Promise<EdgeItem | undefined> => {
    const value = await edgeKv.edgeKv.get('production', edge.namespace, edge.group, String(edgeWorkerId));
    return value === undefined ? undefined : ITEM.parse(JSON.parse(value));
  };
  const keepTokens = async (): Promise<void> => {
    for (const id of EDGE_WORKERS) {
      const { token, key } = (await readItem(id)) ?? {};
      if (token === undefined || key === undefined) continue;
      secrets.set(`batch key of ${id}`, key);
      for (const part of ['', ...token.split('.').slice(1)]) secrets.set(`token of ${id} ${part}`, part || token);
    }
  };
  return {
    provider,
    master,
    secrets,
    async refresh() {
      const { signal } = new AbortController();
      const run = async () =>
        refreshEdgeTokens({ edge, tokens: await openTokenSource(signal), master, edgeKv: edgeKv.edgeKv });
      try {
        await observeRefresh(run, { clock: Date.now, telemetry: options.telemetry ?? SILENT });
      } finally {
        await keepTokens();
      }
    },
    item: readItem,
    verify: (token) => jwtVerify(token, keySet, { issuer: provider.issuer, audience: AUDIENCE, typ: 'at+jwt' }),
    close: () => provider.close(),
  };
}

const SILENT: Telemetry = { count: () => undefined, warn: () => undefined };

function clientIdOf(id: number): string {
  return `edge worker/${id}+&:%`;
}

function principalOf(id: number) {
  return { claims: { client_id: clientIdOf(id) }, allow: [{ write: ['hits'], sources: [`ew/${id}/*`] }] };
}

function makeClient(
  id: number,
  { authentication, alg = 'ES256' }: EdgeTokenRigOptions,
  secrets: Map<string, string | Uint8Array>,
): EdgeWorkerClient {
  // Characters that each of the encodings on the way has to care about.
  const clientId = clientIdOf(id);
  if (authentication === 'private_key_jwt') {
    const key = openidKey(`key-${id}`, alg);
    keepKey(`key of ${id}`, key, secrets);
    return {
      known: { clientId, authentication, keys: [key] },
      entry: { clientId, privateKey: key.privateJwk },
    };
  }
  const clientSecret = `${randomBytes(24).toString('base64')} :%&=+${id}`;
  secrets.set(`secret of ${id}`, clientSecret);
  return { known: { clientId, authentication, clientSecret }, entry: { clientId, clientSecret } };
}

function keepKey(name: string, { privateJwk }: OpenidKey, secrets: Map<string, string | Uint8Array>): void {
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    const value = privateJwk[member];
    if (value === undefined) continue;
    secrets.set(`${name} ${member}`, value);
    secrets.set(`${name} ${member}, bytes`, Buffer.from(value, 'base64url'));
  }
}
