import { randomUUID } from 'node:crypto';
import { access, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BatchSpool, SPOOL_PREFIX, SpoolError } from '../../functions/shared/batch-spool.ts';

/** The spool as files of one folder: the local stack's bucket. */
export interface FileBatchSpool extends BatchSpool {
  /** The names of all objects that begin with `prefix`, in order. @throws SpoolError */
  list(prefix: string): Promise<readonly string[]>;
}

const FOLDERS = ['spool', 'verdicts'];
const UNFINISHED = 'unfinished';
// The digest of design §3.6. Nothing that a name of this shape could say leads out of its folder.
const NAME = /^(?:spool|verdicts)\/[0-9a-f]{1,64}$/;

/**
 * Opens the spool on a folder, and removes what a crash left half written there.
 *
 * @param dir made with mode 0700 where it is not there; of one process at a time
 * @param onCreate called with each name under `spool/` that was put, as S3 notifies on every put, also on one that replaces
 * @throws SpoolError
 */
export async function openFileBatchSpool(dir: string, onCreate: (name: string) => void): Promise<FileBatchSpool> {
  await attempt('Opening the spool', async () => {
    await rm(join(dir, UNFINISHED), { recursive: true, force: true });
    for (const folder of [...FOLDERS, UNFINISHED]) await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
  });

  /** Writes the bytes beside their place, has `place` bring them there, and resolves when a loss of power cannot undo it. */
  const put = async <T>(
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
    place: (unfinished: string, path: string) => Promise<T>,
  ): Promise<T> => {
    const path = pathOf(dir, name);
    const unfinished = join(dir, UNFINISHED, randomUUID());
    try {
      await writeFile(unfinished, bytes, { mode: 0o600, flush: true, signal });
      const placed = await place(unfinished, path);
      await syncFolder(dirname(path));
      return placed;
    } finally {
      await rm(unfinished, { force: true });
    }
  };
  const announce = (name: string) => {
    if (name.startsWith(SPOOL_PREFIX)) onCreate(name);
  };

  return {
    async create(name, bytes, signal) {
      const outcome = await attempt('Creating an object of the spool', () => put(name, bytes, signal, linkInto));
      if (outcome === 'created') announce(name);
      return outcome;
    },
    async replace(name, bytes, signal) {
      await attempt('Replacing an object of the spool', () => put(name, bytes, signal, rename));
      announce(name);
    },
    read: (name, signal) =>
      attempt('Reading an object of the spool', async () => {
        const path = pathOf(dir, name);
        return readFile(path, { signal }).catch(async (error: unknown) => {
          if (!hasCode(error, 'ENOENT')) throw error;
          // Where even the folder is gone, nothing is known of the object.
          await access(dirname(path));
          return undefined;
        });
      }),
    remove: (name, signal) =>
      attempt('Removing an object of the spool', async () => {
        signal.throwIfAborted();
        await rm(pathOf(dir, name), { force: true });
      }),
    list: (prefix) =>
      attempt('Listing the spool', async () => {
        const files = await Promise.all(
          FOLDERS.map(async (folder) => (await readdir(join(dir, folder))).map((file) => `${folder}/${file}`)),
        );
        return files
          .flat()
          .filter((name) => NAME.test(name) && name.startsWith(prefix))
          .sort();
      }),
  };
}

/** The spool keeps no object of this name. */
export class SpoolNameError extends Error {
  override readonly name = 'SpoolNameError';
  readonly code = 'SPOOL_NAME_INVALID';
  constructor(seen: string) {
    super(
      `${JSON.stringify(seen.slice(0, 100))} names no object of the spool. Expected spool/ or verdicts/ and a digest in ` +
        'lower-case hex. Take the name from the deduplication key.',
    );
  }
}

function pathOf(dir: string, name: string): string {
  if (!NAME.test(name)) throw new SpoolNameError(name);
  return join(dir, name);
}

/** A link and not a rename, because only a link leaves alone what lies there already. */
async function linkInto(unfinished: string, path: string): Promise<'created' | 'exists'> {
  try {
    await link(unfinished, path);
    return 'created';
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return 'exists';
    throw error;
  }
}

/** A file's own flush does not cover the entry of its folder (fsync(2)). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function attempt<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new SpoolError(what, { cause });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
