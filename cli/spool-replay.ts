import type { CommandIo } from './command-io.ts';
import { withSpool } from './open-spool.ts';
import type { SpoolCommand } from './spool-command.ts';
import { gatherObjects } from './spool-objects.ts';
import { describeDepth, printObjects } from './spool-report.ts';

/**
 * `edgehouse spool replay` and `sweep`: puts a message for each object into the queue, as S3 did when it was put. Replay does with it
 * what it would have done then: what is stored already is only removed, what is not what ingest wrote is buried again.
 */
export async function spoolReplay(
  command: Extract<SpoolCommand, { kind: 'spool replay' }>,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now'>,
): Promise<void> {
  await withSpool(command, io, async (sources) => {
    const objects = await gatherObjects(sources, command.filter, io.now());
    printObjects(objects, io);
    for (const line of await describeDepth(objects, sources.places)) io.out(line);
    if (!command.apply) {
      if (objects.length > 0) io.out('Have them replayed with --apply. A message for each may be waiting already.');
      return;
    }
    for (const { place, name } of objects) await place.announce(name);
    io.out(`${objects.length} announced to replay`);
  });
}
