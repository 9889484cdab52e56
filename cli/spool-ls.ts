import type { CommandIo } from './command-io.ts';
import { withSpool } from './open-spool.ts';
import type { SpoolCommand } from './spool-command.ts';
import { gatherObjects } from './spool-objects.ts';
import { describeDepth, printObjects } from './spool-report.ts';

/** `edgehouse spool ls`: what ClickHouse could not take yet, whose it is, and what became of it so far. */
export async function spoolLs(
  command: Extract<SpoolCommand, { kind: 'spool ls' }>,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now'>,
): Promise<void> {
  await withSpool(command, io, async (sources) => {
    const objects = await gatherObjects(sources, command.filter, io.now());
    printObjects(objects, io);
    for (const line of await describeDepth(objects, sources.places)) io.out(line);
  });
}
