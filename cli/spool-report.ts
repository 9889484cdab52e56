import type { CommandIo } from './command-io.ts';
import { describeSpan } from './describe-span.ts';
import { type Cell, formatTable } from './format-table.ts';
import { addressOf, type SpooledObject } from './spool-objects.ts';
import type { SpoolPlace } from './spool-place.ts';

const HEAD = ['region', 'object', 'age', 'bytes', 'stream', 'principal', 'batch', 'rows', 'verdict', 'ledger', 'state'];

/** A line an object, the oldest first. @param now milliseconds since the epoch */
export function describeObjects(objects: readonly SpooledObject[], now: number): readonly string[] {
  const rows = objects
    .toSorted((one, other) => one.putAt - other.putAt)
    .map(({ place, name, putAt, bytes, envelope, ledger, dead }): readonly Cell[] => {
      const about = [place.region, name, describeSpan(now - putAt), bytes];
      if (envelope === undefined) {
        return [...about, undefined, undefined, undefined, undefined, undefined, undefined, dead ?? 'UNPROVED'];
      }
      const { stream, principal, batchId } = addressOf(envelope);
      const rowCount = Number(envelope.stamp._batch_rows);
      const verdict = envelope.verdict === null ? 'not judged' : `${envelope.verdict.refused.length} refused`;
      return [...about, stream, principal, batchId, rowCount, verdict, describeLedger(ledger), dead ?? 'waits'];
    });
  return formatTable(HEAD, rows);
}

function describeLedger(ledger: SpooledObject['ledger']): string | undefined {
  if (ledger === 'not asked') return undefined;
  if (ledger === 'none') return 'nothing';
  return ledger.missing === 0 ? 'all' : `all but ${ledger.missing}`;
}

/** What is said last: objects, their bytes, and the messages that wait beside them. */
export async function describeDepth(
  objects: readonly SpooledObject[],
  places: readonly SpoolPlace[],
): Promise<readonly string[]> {
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  const dead = objects.filter((object) => object.dead !== undefined).length;
  const depths = await Promise.all(
    places.map(async (place) => {
      const waiting = await place.waiting();
      return waiting === undefined ? [] : [`${waiting} messages wait in ${place.region}`];
    }),
  );
  return [`${objects.length} objects of ${bytes} bytes, ${dead} of them dead letters`, ...depths.flat()];
}

export function printObjects(objects: readonly SpooledObject[], io: Pick<CommandIo, 'out' | 'now'>): void {
  if (objects.length > 0) for (const line of describeObjects(objects, io.now())) io.out(line);
}
