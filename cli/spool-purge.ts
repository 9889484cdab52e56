import type { CommandIo } from './command-io.ts';
import { withSpool } from './open-spool.ts';
import type { SpoolCommand } from './spool-command.ts';
import { gatherObjects, type OpenedObject, openVersions } from './spool-objects.ts';
import { describeDepth, printObjects } from './spool-report.ts';

/**
 * `edgehouse spool purge`: takes batches out of the spool, which nobody stores then. With `--erase` also every version that S3 keeps,
 * of objects that were replayed and removed too.
 */
export async function spoolPurge(
  command: Extract<SpoolCommand, { kind: 'spool purge' }>,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now'>,
): Promise<void> {
  const { filter, erase, apply } = command;
  await withSpool(command, io, async (sources) => {
    const objects = await gatherObjects(sources, filter, io.now());
    printObjects(objects, io);
    for (const line of await describeDepth(objects, sources.places)) io.out(line);
    const versions = erase ? await openVersions(sources.places, filter, io.now()) : [];
    if (erase) io.out(`${versions.length} versions of these and of others that are gone`);
    const doomed: readonly OpenedObject[] = erase ? versions : objects;
    if (!apply) {
      if (doomed.length > 0) io.out('Remove them with --apply: nobody can store them after that.');
      return;
    }
    for (const { place, name, version } of doomed) await place.remove({ name, version });
    io.out(`${doomed.length} removed`);
  });
}
