import type { CommandIo } from './command-io.ts';
import type { EdgeInitKvCommand } from './edge-kv-command.ts';
import type { EdgeDeployCommand, EdgeValidateCommand } from './edge-ship-command.ts';

type Io = Pick<CommandIo, 'out' | 'err' | 'fetch' | 'now' | 'random' | 'wait'>;

/** `edgehouse edge validate`: has Akamai look at the bundles, which changes nothing there. */
export async function edgeValidate(command: EdgeValidateCommand, io: Io): Promise<void> {
  const [{ config }, { checkBundles }] = await Promise.all([import('#config'), import('./edge-ship.ts')]);
  await checkBundles(command, config, io);
}

/**
 * `edgehouse edge deploy`: validates and uploads the bundles, and activates them on staging, then on production. May be run again at
 * any time: it goes on where it stopped. With `--rollback` it undoes that.
 */
export async function edgeDeploy(command: EdgeDeployCommand, io: Io): Promise<void> {
  const [{ config }, { shipBundles }] = await Promise.all([import('#config'), import('./edge-ship.ts')]);
  await shipBundles(command, config, io);
}

/** `edgehouse edge init-kv`: makes what EdgeWorkers need of EdgeKV, once an account. */
export async function edgeInitKv(command: EdgeInitKvCommand, io: Io): Promise<void> {
  const [{ config }, { setUpEdgeKv }] = await Promise.all([import('#config'), import('./edge-kv-setup.ts')]);
  await setUpEdgeKv(command, config, io);
}
