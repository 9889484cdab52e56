import type { CommandIo } from './command-io.ts';
import { withSpool } from './open-spool.ts';
import type { SpoolCommand } from './spool-command.ts';
import { gatherObjects, type OpenedObject, openVersions } from './spool-objects.ts';
import { describeDepth, printObjects } from './spool-report.ts';

/**
 * `edgehouse spool purge`: takes batches out of the spool, which nobody stores then. With `--erase` also every version that S3 keeps,
 * of objects that were replayed and removed too.
 *
 * @returns whether it can be known whose all the versions are; where not, some of theirs may stay
 */
export async function spoolPurge(
  command: Extract<SpoolCommand, { kind: 'spool purge' }>,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now'>,
): Promise<boolean> {
  const { filter, erase, apply } = command;
  return withSpool(command, io, async (sources) => {
    const objects = await gatherObjects(sources, filter, io.now());
    printObjects(objects, io);
    for (const line of await describeDepth(objects, sources.places)) io.out(line);
    const { versions, unproved } = erase
      ? await openVersions(sources.places, filter, io.now())
      : { versions: [], unproved: 0 };
    if (erase) io.out(`${versions.length} versions of these and of others that are gone`);
    if (unproved > 0) {
      io.out(`${unproved} more versions cannot be opened: nobody knows whose they are; S3 removes them after 30 days`);
    }
    const doomed: readonly OpenedObject[] = erase ? versions : objects;
    if (!apply) {
      if (doomed.length > 0) io.out('Remove them with --apply: nobody can store them after that.');
      return unproved === 0;
    }
    for (const { place, name, version } of doomed) await place.remove({ name, version });
    io.out(`${doomed.length} removed`);
    return unproved === 0;
  });
}
