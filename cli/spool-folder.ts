import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SPOOL_KEY_SECRET } from '../config/secret-names.ts';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { parseVersionedKeys } from '../functions/shared/versioned-keys.ts';
import { openFileSecretStore } from '../local/file-secret-store.ts';
import { announce } from '../local/spool/announcements.ts';
import type { ListedObject, SpoolPlace } from './spool-place.ts';

/** No local stack has its data in the folder. */
export class StackFolderError extends Error {
  override readonly name = 'StackFolderError';
  readonly code = 'STACK_FOLDER_UNKNOWN';
  constructor(dataDir: string) {
    super(`No local stack keeps its data in ${dataDir}. Give --data the folder that npm start was given.`);
  }
}

/**
 * The spool of a local stack, which may be running: nothing but reading and removing is done to its files.
 *
 * @throws StackFolderError
 */
export async function openSpoolFolder(dataDir: string): Promise<SpoolPlace> {
  const objects = join(dataDir, 'objects');
  // First, because reading a secret would make its folder.
  if ((await stat(objects).catch(undefinedIfAbsent)) === undefined) throw new StackFolderError(dataDir);
  const announced = join(dataDir, 'announced');

  async function* list(): AsyncGenerator<ListedObject> {
    for (const file of (await readdir(join(objects, SPOOL_PREFIX))).sort()) {
      // Replayed and removed meanwhile is no failure.
      const found = await stat(join(objects, SPOOL_PREFIX, file)).catch(undefinedIfAbsent);
      if (found === undefined) continue;
      yield { name: `${SPOOL_PREFIX}${file}`, version: undefined, bytes: found.size, putAt: found.mtimeMs };
    }
  }
  return {
    region: 'local',
    list,
    listVersions: list,
    read: ({ name }) => readFile(join(objects, name)).catch(undefinedIfAbsent),
    async remove({ name }) {
      await rm(join(objects, name), { force: true });
      await rm(join(objects, verdictOf(name)), { force: true });
      // Finds nothing, and takes its dead letter away.
      await announce(announced, name);
    },
    async keys() {
      const secrets = await openFileSecretStore(join(dataDir, 'secrets'));
      return parseVersionedKeys(await secrets.read(SPOOL_KEY_SECRET));
    },
    announce: (name) => announce(announced, name),
    // In the memory of the stack.
    waiting: async () => undefined,
  };
}

function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Where the verdict on a batch lies that was spooled unjudged. */
export function verdictOf(name: string): string {
  return name.replace(SPOOL_PREFIX, 'verdicts/');
}
