import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { types } from 'node:util';

/**
 * Has the tables of a killed engine forget the tokens of inserts that it did not live to finish: sent again, their rows are taken.
 *
 * A MergeTree that is not replicated writes an insert's token into its deduplication log, and only then renames the part to its name
 * (ClickHouse, MergeTreeSink). Killed between the two, it drops the same insert as repeated for ever after, and says that it is stored
 * (docs/adr/0005).
 *
 * @param dataDir before an engine opens it. One that another engine has open, or that was closed well, is left as it is.
 */
export async function forgetTornInserts(dataDir: string): Promise<void> {
  if (!(await wasKilled(dataDir))) return;
  const store = join(dataDir, 'store');
  // An engine that was killed as it began has none.
  const found = existsSync(store) ? await readdir(store, { recursive: true }) : [];
  const folders = new Set(found.filter((path) => LOG_NAME.test(path)).map((path) => join(store, dirname(path))));
  for (const folder of folders) await forgetIn(folder);
}

const LOG_NAME = /\/deduplication_logs\/deduplication_log_\d+\.txt$/;

/** A running engine notes its process in `status`, and removes that file when it ends. */
async function wasKilled(dataDir: string): Promise<boolean> {
  const status = await readFile(join(dataDir, 'status'), 'utf8').catch(() => '');
  const pid = /^PID: (\d+)$/m.exec(status)?.[1];
  if (pid === undefined) return false;
  // This process has opened nothing yet. In a container the engine has the same number at each start.
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // Not allowed to signal it: another account's, and alive.
    return !(types.isNativeError(error) && 'code' in error && error.code === 'EPERM');
  }
}

async function forgetIn(folder: string): Promise<void> {
  const logs = (await readdir(folder)).sort((one, other) => numberOf(one) - numberOf(other));
  const last = logs.at(-1);
  if (last === undefined) return;
  const texts = await Promise.all(logs.map((log) => readFile(join(folder, log), 'utf8')));
  const torn = findTornInserts(texts.join(''), await readdir(dirname(folder)));
  await appendFile(join(folder, last), torn.map(({ part, block }) => `${DROP}\t${part}\t${block}\n`).join(''));
}

function numberOf(log: string): number {
  return Number(/\d+/.exec(log)?.[0]);
}

/** Part and token (the block's id) of an insert. */
export interface TornInsert {
  readonly part: string;
  readonly block: string;
}

const DROP = '2';
/** Operation, part, block id; ClickHouse's MergeTreeDeduplicationLog. Any operation but a drop leaves the block known. */
const RECORD = /^(\d)\t([^\t\n]+)\t([^\t\n]+)$/gm;
/** Partition, first and last block, level and, where it was mutated, the mutation. What is being written has another name. */
const PART = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;

/**
 * What the log knows, though no part has its rows.
 *
 * @param log the records of all log files, oldest first
 * @param names what lies in the table's folder
 */
export function findTornInserts(log: string, names: readonly string[]): readonly TornInsert[] {
  const known = new Map<string, string>();
  for (const [, operation, part = '', block = ''] of log.matchAll(RECORD)) {
    if (operation === DROP) known.delete(block);
    else known.set(block, part);
  }
  const spans = new Map<string, (readonly [number, number])[]>();
  for (const name of names) {
    const span = spanOf(name);
    if (span !== undefined) spans.set(span.partition, [...(spans.get(span.partition) ?? []), [span.first, span.last]]);
  }
  return [...known].flatMap(([block, part]) => {
    const span = spanOf(part);
    if (span === undefined) return [];
    // Merged with its neighbours since, it is in a part that spans them all.
    const isThere =
      spans.get(span.partition)?.some(([first, last]) => first <= span.first && span.last <= last) ?? false;
    return isThere ? [] : [{ part, block }];
  });
}

function spanOf(
  name: string,
): { readonly partition: string; readonly first: number; readonly last: number } | undefined {
  const [, partition, first, last] = PART.exec(name) ?? [];
  return partition === undefined ? undefined : { partition, first: Number(first), last: Number(last) };
}
