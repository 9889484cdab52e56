import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { Clock } from '../../../functions/shared/clock.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import type { LocalTokenSigner } from '../../../local/local-token-signer.ts';

export const ISSUER = 'https://issuer.example.com';
export const AUDIENCE = 'https://edgehouse.internal/vault';
export const SUBJECT = 'edgehouse:ingest';
export const ROLE = 'edgehouse';

export interface VaultCall {
  /** Method and path. */
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Version {
  readonly data: object;
  readonly createdTime: string;
  deletionTime: string;
  destroyed: boolean;
}

interface Token {
  expiresAt: number;
  readonly lastAt: number;
}

/** How the stand-in answers from now on; every member can be changed between two requests. */
export interface VaultBehaviour {
  sealed: boolean;
  /** Seconds that a login or a renewal gives, and that renewals can bring in all. */
  ttl: number;
  maxTtl: number;
  renewable: boolean;
  /** What the policy lets through; metadata counts as LIST. */
  allows: (method: string, name: string) => boolean;
  /** Takes the place of the next answers, in their order. */
  readonly instead: Answer[];
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A KV engine at `team/kv`, version 2, and the JWT method at `auth/ci/jwt`, in the namespace `edge`. */
export interface VaultStandIn {
  readonly address: string;
  readonly calls: readonly VaultCall[];
  readonly behaviour: VaultBehaviour;
  /** As the operator writes. */
  put(name: string, data: object, deletionTime?: string): void;
  /** Of the newest version. */
  mark(name: string, as: 'deleted' | 'destroyed'): void;
  data(name: string): object | undefined;
  /** A token as a person gets one by another method. */
  issueToken(): string;
  revokeTokens(): void;
  close(): Promise<void>;
}

const DENIED: Answer = { status: 403, body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } };
// What KV and an unknown path have in common.
const NOTHING: Answer = { status: 404, body: { errors: [] } };
const CAS_MISMATCH = 'check-and-set parameter did not match the current version';
const DATA = /^\/v1\/team\/kv\/data\/(.+)$/;
const METADATA = /^\/v1\/team\/kv\/metadata\/(.+)$/;

/**
 * The documented routes of Vault and OpenBao, with their statuses and bodies: read in the API reference (KV version 2, JWT, tokens)
 * and in the source of OpenBao 2 (`kv/path_data.go`, `jwt/path_login.go`, `logical/response_util.go`).
 */
export async function startVaultStandIn(
  signer: Pick<LocalTokenSigner, 'publicKey'>,
  clock: Clock,
): Promise<VaultStandIn> {
  const secrets = new Map<string, Version[]>();
  const tokens = new Map<string, Token>();
  const calls: VaultCall[] = [];
  let logins = 0;
  const keySet = createLocalJWKSet({ keys: [signer.publicKey] });
  const behaviour: VaultBehaviour = {
    sealed: false,
    ttl: 1200,
    maxTtl: 14_400,
    renewable: true,
    allows: () => true,
    instead: [],
  };

  async function answer({ route, headers, body }: VaultCall): Promise<Answer> {
    const laidReady = behaviour.instead.shift();
    if (laidReady !== undefined) return laidReady;
    if (behaviour.sealed) return { status: 503, body: { errors: ['Vault is sealed'] } };
    if (headers['x-vault-namespace'] !== 'edge') return NOTHING;
    const [method = '', path = ''] = route.split(' ');
    if (route === 'POST /v1/auth/ci/jwt/login') return login(JSON.parse(body));
    const token = tokens.get(String(headers['x-vault-token']));
    if (token === undefined || clock() >= token.expiresAt) return DENIED;
    if (route === 'POST /v1/auth/token/renew-self') return renew(String(headers['x-vault-token']), token);
    const described = decodeURIComponent(METADATA.exec(path)?.[1] ?? '');
    if (described !== '') return behaviour.allows('LIST', described) ? describe(described) : DENIED;
    const name = decodeURIComponent(DATA.exec(path)?.[1] ?? '');
    if (name === '' || !behaviour.allows(method, name)) return DENIED;
    return method === 'POST' ? write(name, JSON.parse(body)) : read(name);
  }

  async function login({ role, jwt }: { role?: string; jwt?: string }): Promise<Answer> {
    if (role !== ROLE) return { status: 400, body: { errors: [`role "${role}" could not be found`] } };
    try {
      const currentDate = new Date(clock());
      await jwtVerify(jwt ?? '', keySet, { issuer: ISSUER, audience: AUDIENCE, subject: SUBJECT, currentDate });
    } catch (error) {
      return { status: 400, body: { errors: [`error validating token: ${String(error)}`] } };
    }
    const { id, token } = issue();
    return envelope({ auth: auth(id, token) });
  }

  function issue(): { readonly id: string; readonly token: Token } {
    logins += 1;
    const id = `hvs.canary-token-${logins}`;
    const token = { expiresAt: clock() + behaviour.ttl * 1000, lastAt: clock() + behaviour.maxTtl * 1000 };
    tokens.set(id, token);
    return { id, token };
  }

  function renew(id: string, token: Token): Answer {
    if (!behaviour.renewable) return { status: 400, body: { errors: ['batch tokens cannot be renewed'] } };
    const wished = clock() + behaviour.ttl * 1000;
    token.expiresAt = Math.min(wished, token.lastAt);
    const capped = `TTL of "20m0s" exceeded the effective max_ttl; TTL value is capped accordingly`;
    return envelope({ auth: auth(id, token), warnings: wished > token.lastAt ? [capped] : null });
  }

  function auth(id: string, { expiresAt }: Token): object {
    return {
      client_token: id,
      accessor: 'canary-accessor',
      policies: ['default', ROLE],
      token_policies: ['default', ROLE],
      metadata: { role: ROLE },
      lease_duration: Math.floor((expiresAt - clock()) / 1000),
      renewable: behaviour.renewable,
      entity_id: '1f0c8f5e',
      token_type: behaviour.renewable ? 'service' : 'batch',
      orphan: true,
      mfa_requirement: null,
      num_uses: 0,
    };
  }

  function read(name: string): Answer {
    const versions = secrets.get(name);
    const last = versions?.at(-1);
    if (versions === undefined || last === undefined) return NOTHING;
    const gone = last.destroyed || (last.deletionTime !== '' && Date.parse(last.deletionTime) < clock());
    const data = { data: gone ? null : last.data, metadata: metadata(versions.length, last) };
    return { ...envelope({ data }), status: gone ? 404 : 200 };
  }

  /** Without a value; deleted versions are among the others. */
  function describe(name: string): Answer {
    const versions = secrets.get(name) ?? [];
    const [first, last] = [versions[0], versions.at(-1)];
    if (first === undefined || last === undefined) return NOTHING;
    const times = versions.map(({ createdTime, deletionTime, destroyed }, index) => {
      return [index + 1, { created_time: createdTime, deletion_time: deletionTime, destroyed }] as const;
    });
    const data = {
      cas_required: true,
      created_time: first.createdTime,
      current_version: versions.length,
      custom_metadata: null,
      delete_version_after: '0s',
      max_versions: 0,
      oldest_version: 0,
      updated_time: last.createdTime,
      versions: Object.fromEntries(times),
    };
    return envelope({ data });
  }

  function write(name: string, { options, data }: { options?: { cas?: number }; data?: object }): Answer {
    if (data === undefined) return { status: 400, body: { errors: ['no data provided'] } };
    const versions = secrets.get(name) ?? [];
    if (options?.cas === undefined) {
      return { status: 400, body: { errors: ['check-and-set parameter required for this call'] } };
    }
    if (options.cas !== versions.length) return { status: 400, body: { errors: [CAS_MISMATCH] } };
    const version = add(name, data, '');
    const cleanup = 'error occurred when cleaning up old versions, these will be cleaned up on next write: canary';
    return envelope({ data: metadata(versions.length + 1, version), warnings: [cleanup] });
  }

  function add(name: string, data: object, deletionTime: string): Version {
    const version = { data, createdTime: new Date(clock()).toISOString(), deletionTime, destroyed: false };
    secrets.set(name, [...(secrets.get(name) ?? []), version]);
    return version;
  }

  const server = createServer(async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const { method = '', url = '', headers } = incoming;
    const call = { route: `${method} ${url}`, headers, body: Buffer.concat(chunks).toString() };
    calls.push(call);
    const { status, body, headers: sent = {} } = await answer(call);
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...sent }).end(text);
  });

  return {
    address: await listen(server, 0),
    calls,
    behaviour,
    put: (name, data, deletionTime = '') => void add(name, data, deletionTime),
    mark(name, as) {
      const last = secrets.get(name)?.at(-1);
      if (last === undefined) throw new TypeError(`${name} was never put`);
      if (as === 'destroyed') last.destroyed = true;
      else last.deletionTime = new Date(clock() - 1).toISOString();
    },
    data: (name) => secrets.get(name)?.at(-1)?.data,
    issueToken: () => issue().id,
    revokeTokens: () => tokens.clear(),
    close: () => closeServer(server),
  };
}

function metadata(version: number, { createdTime, deletionTime, destroyed }: Version): object {
  return { created_time: createdTime, custom_metadata: null, deletion_time: deletionTime, destroyed, version };
}

/** What every answer other than an error comes in. */
export function envelope(members: object): Answer {
  const body = {
    request_id: 'f0e1d2c3',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: null,
    warnings: null,
    auth: null,
    mount_type: 'kv',
    ...members,
  };
  return { status: 200, body };
}
