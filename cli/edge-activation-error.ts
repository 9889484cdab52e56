import type { Activation, EdgeWorkersNetwork } from './edge-workers-api.ts';
import { printable } from './printable.ts';

/** An EdgeWorker on a network. */
export interface ActivationPlace {
  readonly edgeWorkerId: number;
  readonly network: EdgeWorkersNetwork;
}

function describe({ edgeWorkerId, network }: ActivationPlace, { activationId, version }: Activation): string {
  return `activation ${activationId} of EdgeWorker ${edgeWorkerId}, version ${printable(version)} on ${network},`;
}

/** Akamai gave an activation up. */
export class EdgeActivationFailedError extends Error {
  override readonly name = 'EdgeActivationFailedError';
  readonly code = 'EDGE_ACTIVATION_FAILED';
  constructor(place: ActivationPlace, activation: Activation) {
    super(
      `Akamai gave up ${describe(place, activation)} with status ${printable(activation.status)}. ` +
        'Next: look at it in Control Center (EdgeWorkers, the id, Activations), then run the same command again.',
    );
  }
}

/** An activation goes on for longer than the command waits. */
export class EdgeActivationUnfinishedError extends Error {
  override readonly name = 'EdgeActivationUnfinishedError';
  readonly code = 'EDGE_ACTIVATION_UNFINISHED';
  constructor(place: ActivationPlace, activation: Activation, waitMinutes: number) {
    super(
      `${describe(place, activation)} is ${printable(activation.status)} after ${waitMinutes} min; nothing was undone. ` +
        'Next: run the same command again, which goes on waiting for it; --wait MINUTES waits longer.',
    );
  }
}

/** Another version is on its way to the network. */
export class EdgeActivationBusyError extends Error {
  override readonly name = 'EdgeActivationBusyError';
  readonly code = 'EDGE_ACTIVATION_BUSY';
  constructor(place: ActivationPlace, ongoing: Activation, version: string) {
    super(
      `${describe(place, ongoing)} is ${printable(ongoing.status)}, so that ${printable(version)} was not activated. ` +
        'Next: wait for it, or cancel it in Control Center; then run the same command again.',
    );
  }
}

/** There is no version to go back to. */
export class EdgeRollbackImpossibleError extends Error {
  override readonly name = 'EdgeRollbackImpossibleError';
  readonly code = 'EDGE_ROLLBACK_IMPOSSIBLE';
  constructor({ edgeWorkerId, network }: ActivationPlace, version: string) {
    super(
      `EdgeWorker ${edgeWorkerId} has had no version but ${version} on ${network}, so that there is none to go back to. ` +
        'Next: take the EdgeWorker out of the property (docs/edge.md), or deploy another version.',
    );
  }
}
