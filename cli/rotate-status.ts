import type { CommandIo } from './command-io.ts';
import type { RotateStatusCommand } from './rotate-command.ts';

/**
 * `edgehouse rotate status`: each credential with its age, expiry, last outcome and next run.
 *
 * @returns whether none needs a look
 * @throws VaultTokenMissingError
 */
export async function rotateStatus(
  command: RotateStatusCommand,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now' | 'random' | 'wait'>,
): Promise<boolean> {
  const [{ config }, { openStatusPlace }, { gatherStatus }, { statusJson, describeStatus }, { isWell }] =
    await Promise.all([
      import('#config'),
      import('./rotate-status-place.ts'),
      import('./rotate-gather.ts'),
      import('./rotate-table.ts'),
      import('./rotate-credential-status.ts'),
    ]);
  const now = io.now();
  const credentials = await gatherStatus(await openStatusPlace(command, config, io), config.edge, now);
  if (command.json) io.out(statusJson(credentials, now));
  else for (const line of describeStatus(credentials, now)) io.out(line);
  return credentials.every(isWell);
}
