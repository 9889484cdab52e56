import type { CommandIo } from './command-io.ts';
import type { RotateStatusCommand } from './rotate-command.ts';
import { openSigningMaster } from './rotate-signing-store.ts';

/** `edgehouse rotate status`: the versions of the signing master, which one mints, and how far a roll has come. */
export async function rotateStatus({ place }: RotateStatusCommand, io: Pick<CommandIo, 'out' | 'now'>): Promise<void> {
  const [{ config }, { mintingOrder, parseSigningMaster }] = await Promise.all([
    import('#config'),
    import('../functions/rotation/signing-master.ts'),
  ]);
  const { store, secret } = await openSigningMaster(place, config.regions);
  const master = parseSigningMaster((await store.readVersion(secret)).text);
  const versions = master.keys.map(({ version }) => version).join(', ');
  const { roll } = master;
  io.out(`signing master: versions ${versions}; tokens are made with ${mintingOrder(master)[0].version}`);
  const minutes = roll === undefined ? 0 : Math.floor((io.now() / 1000 - roll.since) / 60);
  io.out(roll === undefined ? 'no roll is under way' : `roll: ${roll.phase} for ${minutes} min`);
}
