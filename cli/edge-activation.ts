import { doOnce } from './akamai-api.ts';
import type { CommandIo } from './command-io.ts';
import {
  type ActivationPlace,
  EdgeActivationBusyError,
  EdgeActivationFailedError,
  EdgeActivationUnfinishedError,
} from './edge-activation-error.ts';
import type { Activation, EdgeWorkersApi } from './edge-workers-api.ts';
import { printable } from './printable.ts';

/** What runs on a network, and what is on its way there. */
export interface NetworkState {
  readonly active: Activation | undefined;
  readonly ongoing: Activation | undefined;
  /** Newest first. */
  readonly history: readonly Activation[];
}

export interface ActivationOptions {
  readonly api: EdgeWorkersApi;
  readonly waitMinutes: number;
  /** Name of the EdgeWorker in what is printed. */
  readonly label: string;
}

type Io = Pick<CommandIo, 'out' | 'now' | 'random' | 'wait'>;

export async function readNetworkState(
  { edgeWorkerId, network }: ActivationPlace,
  api: EdgeWorkersApi,
): Promise<NetworkState> {
  const history = newestFirst(await api.activations(edgeWorkerId, network, 'all'));
  const [active] = newestFirst(await api.activations(edgeWorkerId, network, 'active')).filter(isComplete);
  return { active, ongoing: history.find(isOngoing), history };
}

/**
 * Brings a version into force and waits until it is; one that is on its way already is only waited for.
 *
 * @param note shown in Control Center, at most 128 characters
 * @throws EdgeActivationBusyError, EdgeActivationFailedError, EdgeActivationUnfinishedError, AkamaiApiError
 */
export async function activateVersion(
  place: ActivationPlace,
  version: string,
  note: string,
  { ongoing, history }: NetworkState,
  options: ActivationOptions,
  io: Io,
): Promise<void> {
  if (ongoing !== undefined && ongoing.version !== version) throw new EdgeActivationBusyError(place, ongoing, version);
  const { edgeWorkerId, network } = place;
  const { api } = options;
  const known = new Set(history.map(({ activationId }) => activationId));
  const begun = async () =>
    (await api.activations(edgeWorkerId, network, 'all')).find(
      (activation) => activation.version === version && !known.has(activation.activationId),
    );
  const started = ongoing ?? (await doOnce(() => api.activate(edgeWorkerId, network, version, note), begun, io));
  await settle(place, started, options, io);
}

/** Staging takes 2 to 5 minutes, production 8 to 10 (techdocs, EdgeWorkers FAQ). */
const FIRST_PAUSE_MS = 5_000;
const MOST_PAUSE_MS = 30_000;

async function settle(
  place: ActivationPlace,
  started: Activation,
  { api, waitMinutes, label }: ActivationOptions,
  io: Io,
): Promise<void> {
  const until = io.now() + waitMinutes * 60_000;
  let said = '';
  let pause = FIRST_PAUSE_MS;
  for (let activation = started; ; activation = await api.activation(place.edgeWorkerId, started.activationId)) {
    const { activationId, version, status } = activation;
    if (status !== said) {
      io.out(`${label}  ${place.network}: activation ${activationId} of ${printable(version)} is ${printable(status)}`);
    }
    said = status;
    if (isComplete(activation)) return;
    if (!isOngoing(activation)) throw new EdgeActivationFailedError(place, activation);
    if (io.now() + pause > until) throw new EdgeActivationUnfinishedError(place, activation, waitMinutes);
    await io.wait(pause);
    pause = Math.min(pause * 1.5, MOST_PAUSE_MS);
  }
}

const FAILED: readonly string[] = ['ABORTED', 'ERROR', 'DELETED_BY_AKAMAI', 'EXPIRED', 'CANCELLED'];

export function isComplete({ status }: Activation): boolean {
  return status === 'COMPLETE';
}

/** `PRESUBMIT`, `PENDING`, `IN_PROGRESS`, and whatever the API's document does not have yet: to take that for a failure would roll back. */
function isOngoing(activation: Activation): boolean {
  return !isComplete(activation) && !FAILED.includes(activation.status);
}

function newestFirst(activations: readonly Activation[]): readonly Activation[] {
  return activations.toSorted(
    (a, b) => Date.parse(b.createdTime) - Date.parse(a.createdTime) || b.activationId - a.activationId,
  );
}
