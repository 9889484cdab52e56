import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

const MEMORY = '/dev/shm';
// A container's /dev/shm has 64 MB by default, which one large insert would fill.
const ENOUGH_BYTES = 1 << 30;

/** Where request bodies wait for the engine: memory where there is enough of it, else the system's temporary directory. */
export async function chooseScratchRoot(temporary: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES ? MEMORY : temporary;
  } catch {
    return temporary;
  }
}

/** Makes a directory that only this user can enter, with a name that tells its data directory. */
export async function makeScratchDir(root: string, dataDir: string): Promise<string> {
  await mkdir(root, { recursive: true });
  return mkdtemp(join(root, scratchPrefix(dataDir)));
}

/** Removes what earlier processes on the same data directory left when they were killed. Only for who holds the data directory. */
export async function removeAbandoned(scratchDir: string, dataDir: string): Promise<void> {
  const root = dirname(scratchDir);
  const others = (await readdir(root)).filter(
    (name) => name.startsWith(scratchPrefix(dataDir)) && name !== basename(scratchDir),
  );
  await Promise.all(others.map((name) => rm(join(root, name), { recursive: true, force: true })));
}

/** How the names of the private directories of one data directory begin. */
export function scratchPrefix(dataDir: string): string {
  return `edgehouse-${createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)}-`;
}
