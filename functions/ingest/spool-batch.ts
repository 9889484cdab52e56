import type { BatchSpool } from '../shared/batch-spool.ts';
import { ObjectTamperedError } from '../shared/sealed-object.ts';
import type { VersionedKeys } from '../shared/versioned-keys.ts';
import { openBatch, type SpooledBatch, sealBatch, spoolName } from './spool-object.ts';
import type { Verdict } from './verdict.ts';

/**
 * Puts a batch into the spool. A batch that is sent again while it waits keeps the verdict that it was given first; an object
 * that somebody else put in its place does not swallow it.
 *
 * @returns the verdict that stands; null where replay has yet to judge
 * @throws SpoolError
 */
export async function spoolBatch(
  batch: SpooledBatch,
  spool: BatchSpool,
  keys: VersionedKeys,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const name = spoolName(batch.envelope.key);
  const object = await sealBatch(keys, batch);
  if ((await spool.create(name, object, signal)) === 'created') return batch.envelope.verdict;
  const first = await readSpooled(name, spool, keys, signal);
  if (first !== undefined) return first.envelope.verdict;
  await spool.replace(name, object, signal);
  return batch.envelope.verdict;
}

/** What lies there already: undefined where it is not ours, or nothing does. @throws SpoolError */
export async function readSpooled(
  name: string,
  spool: Pick<BatchSpool, 'read'>,
  keys: VersionedKeys,
  signal: AbortSignal,
): Promise<SpooledBatch | undefined> {
  const object = await spool.read(name, signal);
  if (object === undefined) return undefined;
  try {
    return await openBatch(keys, name, object);
  } catch (error) {
    if (error instanceof ObjectTamperedError) return undefined;
    throw error;
  }
}
