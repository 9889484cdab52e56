import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { principalKeySecret } from '../config/secret-names.ts';
import { createAuthorize } from '../functions/authorizer/authorize.ts';
import { createKeySetCache } from '../functions/authorizer/key-set.ts';
import { reportKeySets } from '../functions/authorizer/report-key-sets.ts';
import { trustedIssuers } from '../functions/authorizer/trusted-issuer.ts';
import { createBreaker } from '../functions/ingest/breaker.ts';
import { createClickHouseBatchStore } from '../functions/ingest/clickhouse-batch-store.ts';
import { parseClickHouseCredential } from '../functions/ingest/clickhouse-credential.ts';
import { createContractCache } from '../functions/ingest/contract-cache.ts';
import { guardStore } from '../functions/ingest/guard-store.ts';
import { createIngest } from '../functions/ingest/ingest.ts';
import { restColumnsOf } from '../functions/ingest/rest-columns.ts';
import { DISCOVERY_PATH, discovery, KEY_SET_PATH, keySet } from '../functions/issuer/answer-discovery.ts';
import { mintingOrder, parseSigningMaster } from '../functions/rotation/signing-master.ts';
import type { Audit } from '../functions/shared/audit.ts';
import type { Clock } from '../functions/shared/clock.ts';
import { openPrincipalKeys, withOwnKey } from '../functions/shared/principal-key.ts';
import { cachedSecret } from '../functions/shared/secret-cache.ts';
import type { MetricName, Telemetry } from '../functions/shared/telemetry.ts';
import { formatVersionedKeys, parseVersionedKeys } from '../functions/shared/versioned-keys.ts';
import { type Database, openDatabase } from './database.ts';
import type { Edge } from './edge/edge-options.ts';
import { openFileSecretStore } from './file-secret-store.ts';
import type { OpenRoute } from './gateway/answer-request.ts';
import type { GatewayTls } from './gateway/client-certificate.ts';
import { createGateway, type Gateway, type Route } from './gateway/gateway.ts';
import { openLocalIssuerKeys } from './issuer-keys.ts';
import type { LocalTls } from './read-tls-files.ts';
import type { LocalReplayQueue } from './spool/replay-queue.ts';
import { startEdgeCredentials } from './start-edge-credentials.ts';
import { startEdgeWorkers } from './start-edge-workers.ts';
import { startIngestApi } from './start-ingest-api.ts';
import { startSpool } from './start-spool.ts';
import { findApis } from './template/find-apis.ts';
import { loadTemplate } from './template/load-template.ts';
import { type LocalFunctions, makeRoutes } from './template/make-routes.ts';
import { startSite } from './traffic/site.ts';
import { withLocalOrigin } from './with-local-origin.ts';

export interface StackOptions {
  readonly config: Config;
  /** Holds the database, the secrets and `audit.ndjson`. */
  readonly dataDir: string;
  /** The API's port. @default any free one */
  readonly port?: number | undefined;
  readonly clickhouseUrl?: string | undefined;
  /** For a config whose domain asks for client certificates. */
  readonly tls?: LocalTls | undefined;
  /** The template of the first region. @default synthesized from `edgehouse.config.ts` */
  readonly template?: () => Promise<unknown>;
  /** Tells a person what they should know. */
  readonly say: (message: string) => void;
  /** @default Date.now */
  readonly clock?: Clock;
  /** Runs the token refresh every so many milliseconds. @default setInterval */
  readonly repeat?: (milliseconds: number, run: () => void) => () => void;
}

/** The one line that outside clients read; URLs are origins, but for `edgekvItem`. */
export interface ReadyLine {
  readonly ready: true;
  /** `https` where the domain asks for client certificates. */
  readonly api: string;
  /** The same API for tokens alone, where the config has such a domain. */
  readonly tokenApi?: string;
  /** Visitors' side: pages, and `/collect`. */
  readonly edge: string;
  readonly clickhouse: string;
  readonly clickhouseHeaders: Readonly<Record<string, string>>;
  readonly clickhouseAdmin?: string;
  readonly edgekvItem: string;
  readonly issuer: string;
  readonly source: string;
}

export interface Stack {
  readonly ready: ReadyLine;
  readonly auditFile: string;
  readonly edge: Pick<Edge, 'report'>;
  readonly queue: Pick<LocalReplayQueue, 'waiting' | 'dead' | 'drained'>;
  /** The functions' metrics since the start, over all dimensions. */
  readonly metrics: ReadonlyMap<MetricName, number>;
  stop(): Promise<void>;
}

/** Starts the whole system on the loopback interface. What it opened it closes again where a later part fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const opened: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return await open(options, opened, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(
  options: StackOptions,
  opened: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const { config, dataDir, say, clock = Date.now } = options;
  mkdirSync(dataDir, { recursive: true });
  const auditFile = join(dataDir, 'audit.ndjson');
  // Synchronous: a line is on its way to disk before its request is answered.
  const auditLog = openSync(auditFile, 'a', 0o600);
  opened.push(async () => closeSync(auditLog));
  const audit: Audit = (line) => {
    writeSync(auditLog, `${JSON.stringify(line)}\n`);
  };
  const metrics = new Map<MetricName, number>();
  const telemetry: Telemetry = {
    count: (metric, value) => metrics.set(metric, (metrics.get(metric) ?? 0) + value),
    warn: sayNowAndThen(say, clock),
  };
  const onFault = (fault: { readonly error?: unknown }) =>
    say(`A function failed: ${fault.error instanceof Error ? fault.error.message : 'no error object'}`);

  // Synthesized beside the engine's start, where the sources have changed since the last time.
  const templated = (options.template ?? loadTemplate)().then(findApis);
  templated.catch(() => undefined);
  const database = await openDatabase({ config, dataDir, clickhouseUrl: options.clickhouseUrl, say });
  opened.push(() => database.close());
  const secrets = await openSecrets(config, dataDir, database);
  const issuerKeys = await openLocalIssuerKeys(secrets);
  const signingMaster = cachedSecret(secrets, SIGNING_MASTER, parseVersionedKeys, clock);
  const mintingMaster = cachedSecret(secrets, SIGNING_MASTER, (text) => mintingOrder(parseSigningMaster(text)), clock);

  const gateway = async (routes: readonly Route[], port = 0, tls?: GatewayTls): Promise<string> => {
    const created: Gateway = createGateway({ routes, now: clock, tls, onFault });
    const origin = await created.listen(port);
    opened.push(() => created.close());
    return origin;
  };

  const { issuerApi, ingestApi } = await templated;
  let issuerUrl = '';
  const documents: OpenRoute['integration'] = async ({ rawPath }) =>
    rawPath === DISCOVERY_PATH ? discovery(issuerUrl) : keySet(await issuerKeys.keySet());
  issuerUrl = await gateway(
    makeRoutes(issuerApi, { open: { 'Issuer/Documents': documents }, authorized: {}, authorizers: {} }),
  );
  const keySets = createKeySetCache({ fetch, clock, ...reportKeySets(telemetry) });
  const authorize = createAuthorize({
    config,
    issuers: trustedIssuers(config.issuers, { issuer: issuerUrl, keySetUrl: `${issuerUrl}${KEY_SET_PATH}` }),
    keySetFor: ({ keySetUrl }, kid) => keySets(keySetUrl, kid),
    clock,
    audit,
    telemetry,
  });

  const cached = (name: string) => cachedSecret(secrets, name, parseClickHouseCredential, clock);
  const store = createClickHouseBatchStore({
    database: config.clickhouse.database,
    writer: cached(config.clickhouse.secrets.writer),
    inspector: cached(config.clickhouse.secrets.inspector),
  });
  opened.push(() => store.close());
  const guarded = guardStore(store, createBreaker(clock));
  const contracts = createContractCache(guarded, clock, restColumnsOf(config.streams));
  // Readiness: a table that cannot be served is named now, not at the first batch.
  for (const { table } of Object.values(config.streams)) await contracts.get(table, AbortSignal.timeout(10_000));

  const kept = await startSpool({ config, dataDir, secrets, store, clock, audit, telemetry, say });
  opened.push(() => kept.queue.close());
  const [region = 'local'] = config.regions;
  const principalKeys = openPrincipalKeys(config.principals, (principal) =>
    cachedSecret(secrets, principalKeySecret(principal), parseVersionedKeys, clock),
  );
  const ingest = createIngest({
    ...kept,
    config: withLocalOrigin(config),
    region,
    signingMaster,
    principalKeys,
    store: guarded,
    contracts,
    clock,
    audit,
    telemetry,
  });
  const functions: LocalFunctions = {
    open: {},
    authorized: { 'IngestApi/Ingest': ingest },
    authorizers: { 'TokenAuthorizer/Verifier': authorize },
  };
  const { domain } = config;
  const { tls, port } = options;
  const origins = await startIngestApi({ domain, description: ingestApi, functions, tls, port, open: gateway });

  const { repeat } = options;
  const credentials = await startEdgeCredentials({
    config,
    issuerUrl,
    signer: issuerKeys.signer,
    signingMaster: mintingMaster,
    clock,
    say,
    repeat,
  });
  opened.push(() => credentials.close());
  const site = await startSite();
  opened.push(() => site.close());
  const edge = await startEdgeWorkers({ ...origins, config, version: packageVersion(), site: site.url, credentials });
  opened.push(() => edge.stop());

  const urls = { ...origins, edge: edge.url, issuer: issuerUrl, itemUrl: credentials.edgeKv.itemUrl };
  return { ready: readyLine(config, database, urls), auditFile, edge, queue: kept.queue, metrics, stop };
}

const SIGNING_MASTER = 'edgehouse/signing-master';

async function openSecrets(config: Config, dataDir: string, { url, writer, inspector }: Database) {
  const secrets = await openFileSecretStore(join(dataDir, 'secrets'));
  await secrets.write(config.clickhouse.secrets.writer, JSON.stringify({ url, ...writer }));
  await secrets.write(config.clickhouse.secrets.inspector, JSON.stringify({ url, ...inspector }));
  for (const name of [SIGNING_MASTER, ...withOwnKey(config.principals).map(principalKeySecret)]) {
    await secrets.readOrCreate(name, () => formatVersionedKeys([{ version: 1, key: randomBytes(32) }]));
  }
  return secrets;
}

/** No principal of the config can send from an EdgeWorker that gets a token. */
export class NoSenderError extends Error {
  override readonly name = 'NoSenderError';
  readonly code = 'SENDER_MISSING';
  constructor() {
    super('edge.edgeWorkerIds is empty, so nobody gets a token. Name an EdgeWorker in edgehouse.config.ts.');
  }
}

interface StackUrls {
  readonly api: string;
  readonly tokenApi?: string;
  readonly edge: string;
  readonly issuer: string;
  readonly itemUrl: (item: string) => string;
}

function readyLine(config: Config, database: Database, { itemUrl, ...urls }: StackUrls): ReadyLine {
  const [edgeWorker] = config.edge.edgeWorkerIds;
  if (edgeWorker === undefined) throw new NoSenderError();
  const admin = database.admin === undefined ? undefined : new URL(database.url);
  if (admin !== undefined && database.admin !== undefined) {
    admin.username = database.admin.username;
    admin.password = database.admin.password;
  }
  return {
    ready: true,
    api: urls.api,
    ...(urls.tokenApi === undefined ? {} : { tokenApi: urls.tokenApi }),
    edge: urls.edge,
    clickhouse: database.url,
    clickhouseHeaders: {
      'X-ClickHouse-User': database.reader.username,
      'X-ClickHouse-Key': database.reader.password,
    },
    ...(admin === undefined ? {} : { clickhouseAdmin: admin.href.replace(/\/$/, '') }),
    edgekvItem: itemUrl(String(edgeWorker)),
    issuer: urls.issuer,
    source: `ew/${edgeWorker}/${packageVersion()}`,
  };
}

/** The version that the bundles carry. */
function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return version;
}

const WARN_AGAIN_MS = 5000;

/** In an outage every batch warns: a person needs each kind of warning now and then, with how many there were. */
function sayNowAndThen(say: (message: string) => void, clock: Clock): Telemetry['warn'] {
  const kinds = new Map<string, { saidAt: number; since: number }>();
  return (message, fields) => {
    const { saidAt, since } = kinds.get(message) ?? { saidAt: Number.NEGATIVE_INFINITY, since: 0 };
    const again = clock() - saidAt >= WARN_AGAIN_MS;
    kinds.set(message, again ? { saidAt: clock(), since: 0 } : { saidAt, since: since + 1 });
    if (again) say(`${message} ${JSON.stringify(fields)}${since > 0 ? ` (and ${since} more like it since)` : ''}`);
  };
}
