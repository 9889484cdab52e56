import type { CommandIo } from './command-io.ts';
import { type ActivationOptions, activateVersion, isComplete, readNetworkState } from './edge-activation.ts';
import { type ActivationPlace, EdgeRollbackImpossibleError } from './edge-activation-error.ts';
import { printable } from './printable.ts';

/**
 * Goes back to the version that was active before this one first was, and does nothing where this one is not active: a rollback that is
 * run twice must not bring back what it has undone, which the API's own rollback would.
 *
 * @throws EdgeRollbackImpossibleError, and whatever activateVersion does
 */
export async function rollBack(
  place: ActivationPlace,
  version: string,
  options: ActivationOptions,
  io: Pick<CommandIo, 'out' | 'now' | 'random' | 'wait'>,
): Promise<void> {
  const state = await readNetworkState(place, options.api);
  const { active, ongoing, history } = state;
  const where = `${options.label}  ${place.network}:`;
  // One that is on its way may be the rollback of a run before this one, which is then waited for.
  if (ongoing === undefined && active?.version !== version) {
    const other = active === undefined ? 'no version' : printable(active.version);
    io.out(`${where} ${other} is active, not ${version}: there is nothing to undo`);
    return;
  }
  // What came between this version's first activation and its last one is what earlier rollbacks have undone.
  const first = history.findLastIndex((activation) => isComplete(activation) && activation.version === version);
  const before = history.slice(first + 1).find(isComplete);
  if (before === undefined) throw new EdgeRollbackImpossibleError(place, version);
  await activateVersion(place, before.version, `edgehouse rollback from ${version}`, state, options, io);
  io.out(`${where} ${printable(before.version)} is active again, after ${version}`);
}
