import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scratchPrefix } from '../../../local/clickhouse/scratch-dir.ts';

/** The directories of bodies that engines of a data directory have left or hold. */
export async function scratchDirs(dataDir: string): Promise<readonly string[]> {
  const roots = ['/dev/shm', tmpdir()];
  const names = await Promise.all(roots.map((root) => readdir(root).catch(() => [])));
  return roots.flatMap((root, at) =>
    (names[at] ?? []).filter((name) => name.startsWith(scratchPrefix(dataDir))).map((name) => join(root, name)),
  );
}
