import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import type { EdgeNetwork } from '../functions/shared/edge-kv.ts';
import { type ApiPorts, type AskApi, askAgain, doOnce, openAkamaiApi, unlessAbsent } from './akamai-api.ts';
import type { CommandIo } from './command-io.ts';
import { EdgeWorkerUnnamedError } from './edge-bundle.ts';
import type { EdgeInitKvCommand } from './edge-kv-command.ts';
import { openEdgerc } from './edgerc.ts';
import { printable } from './printable.ts';

// Paths and shapes: "Akamai: EdgeKV API" v1 (OpenAPI, akamai/akamai-apis, apis/edgekv/v1); what a token is shown with: akamai/cli-edgeworkers 1.16, AkamaiOPEN-edgegrid-golang 11.

/** EdgeKV of the account is not ready in time. */
export class EdgeKvNotReadyError extends Error {
  override readonly name = 'EdgeKvNotReadyError';
  readonly code = 'EDGEKV_NOT_READY';
  constructor(status: string) {
    super(
      `EdgeKV of this account is ${printable(status)} after ${MOST_LOOKS * LOOK_SECONDS} s. Next: run the same command again.`,
    );
  }
}

/** There is an access token of that name, for something else or out of order. */
export class EdgeKvTokenTakenError extends Error {
  override readonly name = 'EdgeKvTokenTakenError';
  readonly code = 'EDGEKV_TOKEN_TAKEN';
  /** @param seen follows "exists, and" */
  constructor(name: string, seen: string) {
    super(
      `The EdgeKV access token ${name} exists, and ${seen}. ` +
        'Next: name another by --token; or revoke it, after which bundles that were built with it read nothing.',
    );
  }
}

const initializeSchema = z.object({ accountStatus: z.string() });
const namespaceSchema = z.object({ namespace: z.string() });
const tokenSchema = z.object({
  /** What a bundle refers to it by. */
  uuid: z.string(),
  allowOnStaging: z.boolean().optional(),
  allowOnProduction: z.boolean().optional(),
  /** `IN_PROGRESS`, `COMPLETE` or `ERROR`. */
  tokenActivationStatus: z.string().nullish(),
  namespacePermissions: z.record(z.string(), z.array(z.string())).optional(),
  /** None is all. */
  restrictToEdgeWorkerIds: z
    .array(z.string())
    .nullable()
    .transform((ids) => ids ?? [])
    .optional(),
});

const UNINITIALIZED = 'UNINITIALIZED';
/** The shortest that EdgeKV takes; items hold their own end. */
const RETENTION_SECONDS = 86_400;
const LOOK_SECONDS = 10;
const MOST_LOOKS = 30;

type Io = ApiPorts & Pick<CommandIo, 'out'>;

/** An API of Akamai, asked once or again and again. */
interface Apis {
  readonly ask: AskApi;
  readonly again: AskApi;
}

/**
 * Initialises EdgeKV, makes the namespace on each network, and an access token that reads it in the EdgeWorkers of the config. What
 * is there already is left as it is.
 *
 * @throws EdgercInvalidError, AkamaiApiError, EdgeKvNotReadyError, EdgeKvTokenTakenError, EdgeWorkerUnnamedError
 */
export async function setUpEdgeKv(
  { place, groupId, tokenName }: EdgeInitKvCommand,
  { edge }: Pick<Config, 'edge'>,
  io: Io,
): Promise<void> {
  // A token for none would be one for all.
  if (edge.edgeWorkerIds.length === 0) throw new EdgeWorkerUnnamedError(['edgeWorkerIds']);
  const ask = openAkamaiApi(await openEdgerc(place), io);
  const apis = { ask, again: askAgain(ask, io) };
  await initialize(apis, io);
  for (const network of edge.networks) await ensureNamespace(network, edge.namespace, groupId, apis, io);
  await ensureToken(tokenName, edge, apis, io);
}

async function initialize({ again }: Apis, io: Io): Promise<void> {
  const path = '/edgekv/v1/initialize';
  const look = async () => {
    const what = 'show whether EdgeKV is initialised';
    const found = await unlessAbsent(again({ what, method: 'GET', path, schema: initializeSchema }));
    return found?.accountStatus ?? UNINITIALIZED;
  };
  let status = await look();
  if (status === UNINITIALIZED) {
    const body = JSON.stringify({
      dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
    });
    await again({ what: 'initialise EdgeKV', method: 'PUT', path, body, schema: initializeSchema });
    status = await look();
  }
  for (let looks = 1; status !== 'INITIALIZED'; looks++) {
    if (looks > MOST_LOOKS) throw new EdgeKvNotReadyError(status);
    await io.wait(LOOK_SECONDS * 1000);
    status = await look();
  }
  io.out('EdgeKV is initialised');
}

async function ensureNamespace(
  network: EdgeNetwork,
  namespace: string,
  groupId: number,
  { ask, again }: Apis,
  io: Io,
): Promise<void> {
  const what = `namespace ${namespace} on ${network}`;
  const path = `/edgekv/v1/networks/${network}/namespaces`;
  const schema = namespaceSchema;
  const look = () => unlessAbsent(again({ what: `show ${what}`, method: 'GET', path: `${path}/${namespace}`, schema }));
  const body = JSON.stringify({ namespace, retentionInSeconds: RETENTION_SECONDS, groupId });
  const before = await look();
  if (before === undefined)
    await doOnce(() => ask({ what: `make ${what}`, method: 'POST', path, body, schema }), look, io);
  io.out(`${what} ${before === undefined ? 'is made' : 'was there'}`);
}

async function ensureToken(name: string, edge: Config['edge'], { ask, again }: Apis, io: Io): Promise<void> {
  const { namespace, networks, edgeWorkerIds } = edge;
  const what = `access token ${name}`;
  const path = '/edgekv/v1/tokens';
  const schema = tokenSchema;
  const look = () => unlessAbsent(again({ what: `show ${what}`, method: 'GET', path: `${path}/${name}`, schema }));
  const body = JSON.stringify({
    name,
    allowOnStaging: networks.includes('staging'),
    allowOnProduction: networks.includes('production'),
    namespacePermissions: { [namespace]: ['r'] },
    restrictToEdgeWorkerIds: edgeWorkerIds.map(String),
  });
  const make = () => ask({ what: `make ${what}`, method: 'POST', path, body, schema });
  // The document has less in the answer to a new token than clients expect: what it may do is looked up, where it is shown at all.
  const makeAndLook = async () => {
    const made = await doOnce(make, look, io);
    return (await look()) ?? made;
  };
  const before = await look();
  const token = before ?? (await makeAndLook());
  const fault = faultOf(token, edge);
  if (fault !== undefined) throw new EdgeKvTokenTakenError(name, fault);
  io.out(`${what} ${before === undefined ? 'is made' : 'was there'}. Build with it:`);
  io.out(`EDGEKV_ACCESS_REFERENCE=${printable(token.uuid)} npm run edge:build`);
}

/** What keeps a token from being the one that is asked for, as far as the API shows it. */
function faultOf(
  token: z.infer<typeof tokenSchema>,
  { namespace, networks, edgeWorkerIds }: Config['edge'],
): string | undefined {
  const ids = edgeWorkerIds.map(String);
  const { namespacePermissions: may = { [namespace]: ['r'] }, restrictToEdgeWorkerIds: only = ids } = token;
  const allows = { staging: token.allowOnStaging, production: token.allowOnProduction };
  const reads = Object.keys(may).length === 1 && may[namespace]?.join() === 'r';
  if (!reads || only.toSorted().join() !== ids.toSorted().join()) {
    return `does not read just ${namespace} in just EdgeWorkers ${ids.join(', ')}`;
  }
  const closed = networks.find((network) => allows[network] === false);
  if (closed !== undefined) return `does not read on ${closed}`;
  return token.tokenActivationStatus === 'ERROR' ? 'its activation has failed' : undefined;
}
