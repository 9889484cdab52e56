import type { Config } from '../config/schema.ts';
import { doOnce } from './akamai-api.ts';
import type { CommandIo } from './command-io.ts';
import { describeFailure } from './describe-failure.ts';
import { type ActivationOptions, activateVersion, readNetworkState } from './edge-activation.ts';
import { type ActivationPlace, EdgeActivationFailedError } from './edge-activation-error.ts';
import { type EdgeBundle, readEdgeBundles } from './edge-bundle.ts';
import { refuseStaleBundles } from './edge-bundle-stale.ts';
import { rollBack } from './edge-rollback.ts';
import type { EdgeDeployCommand, EdgeValidateCommand } from './edge-ship-command.ts';
import { validateBundles } from './edge-validate.ts';
import {
  type EdgeWorkersApi,
  type EdgeWorkersNetwork,
  hasChecksumOf,
  openEdgeWorkersApi,
  type UploadedVersion,
} from './edge-workers-api.ts';
import { openEdgerc } from './edgerc.ts';
import { printable } from './printable.ts';

/** The version is there already, and is another bundle: Akamai lets none be replaced. */
export class EdgeVersionTakenError extends Error {
  override readonly name = 'EdgeVersionTakenError';
  readonly code = 'EDGE_VERSION_TAKEN';
  constructor({ handler, edgeWorkerId, version, sha256 }: EdgeBundle, { checksum }: UploadedVersion) {
    super(
      `EdgeWorker ${edgeWorkerId} has a version ${version} with the checksum ${printable(checksum)}; the ${handler} bundle here has ` +
        `${sha256}. Next: raise the version in package.json and build again, or build what was uploaded.`,
    );
  }
}

type Io = Pick<CommandIo, 'out' | 'err' | 'fetch' | 'now' | 'random' | 'wait'>;

/** Validates the bundles of this config. */
export async function checkBundles(
  { place, folder, only }: EdgeValidateCommand,
  config: Pick<Config, 'edge'>,
  io: Io,
): Promise<void> {
  const bundles = await readEdgeBundles(config, folder, only);
  await refuseStaleBundles(bundles, config);
  await validateBundles(bundles, openEdgeWorkersApi(await openEdgerc(place), io), io);
}

/** Validates, uploads and activates the bundles of this config; or goes back from them. */
export async function shipBundles(
  { place, folder, only, network, waitMinutes, rollback }: EdgeDeployCommand,
  config: Pick<Config, 'edge'>,
  io: Io,
): Promise<void> {
  const bundles = await readEdgeBundles(config, folder, only);
  // To go back, their version is enough.
  if (!rollback) await refuseStaleBundles(bundles, config);
  const api = openEdgeWorkersApi(await openEdgerc(place), io);
  // Staging first, whatever their order in the config.
  const networks = STAGES.filter(
    (stage) => stage === network || (network === undefined && config.edge.networks.includes(stage)),
  );
  if (!rollback) {
    await validateBundles(bundles, api, io);
    for (const bundle of bundles) await ensureUploaded(bundle, api, io);
  }
  for (const stage of rollback ? networks.toReversed() : networks) {
    for (const bundle of bundles) {
      const options = { api, waitMinutes, label: bundle.handler };
      const at = { edgeWorkerId: bundle.edgeWorkerId, network: API_NETWORKS[stage] };
      await (rollback ? rollBack(at, bundle.version, options, io) : deployTo(at, bundle.version, options, io));
    }
  }
}

const STAGES = ['staging', 'production'] as const;
const API_NETWORKS: Readonly<Record<(typeof STAGES)[number], EdgeWorkersNetwork>> = {
  staging: 'STAGING',
  production: 'PRODUCTION',
};

async function ensureUploaded(bundle: EdgeBundle, api: EdgeWorkersApi, io: Io): Promise<void> {
  const { handler, edgeWorkerId, version, tgz } = bundle;
  const look = () => api.version(edgeWorkerId, version);
  const before = await look();
  const uploaded = before ?? (await doOnce(() => api.upload(edgeWorkerId, tgz), look, io));
  if (!hasChecksumOf(uploaded, tgz)) throw new EdgeVersionTakenError(bundle, uploaded);
  io.out(`${handler}  version ${version} ${before === undefined ? 'is uploaded' : 'was uploaded before'}`);
}

async function deployTo(place: ActivationPlace, version: string, options: ActivationOptions, io: Io): Promise<void> {
  const state = await readNetworkState(place, options.api);
  const where = `${options.label}  ${place.network}:`;
  const before = state.active?.version;
  if (before === version && state.ongoing === undefined) {
    io.out(`${where} ${version} is active already`);
    return;
  }
  try {
    await activateVersion(place, version, 'edgehouse deploy', state, options, io);
  } catch (error) {
    if (error instanceof EdgeActivationFailedError) await restore(place, before, options, io);
    throw error;
  }
  io.out(`${where} ${version} is active${before === undefined ? '' : `, after ${printable(before)}`}`);
}

/** What a failed activation leaves behind is not documented: the version before it comes into force again, unless it still is. */
async function restore(
  place: ActivationPlace,
  before: string | undefined,
  options: ActivationOptions,
  io: Io,
): Promise<void> {
  const where = `${options.label}  ${place.network}:`;
  if (before === undefined) {
    io.err(`${where} no version was active before, so that there is none to go back to`);
    return;
  }
  try {
    const state = await readNetworkState(place, options.api);
    if (state.active?.version !== before) {
      await activateVersion(place, before, 'edgehouse deploy: back after a failure', state, options, io);
    }
    io.err(`${where} ${printable(before)} is active, as before`);
  } catch (error) {
    io.err(`${where} ${printable(before)} was not brought back: ${describeFailure(error)}`);
  }
}
