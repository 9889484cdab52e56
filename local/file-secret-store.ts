import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SecretStore, SecretUnavailableError } from '../functions/shared/secret-store.ts';

/** Secrets as files of one private folder: the local stack's Secrets Manager. */
export interface FileSecretStore extends SecretStore {
  /** @returns milliseconds since the epoch; undefined where there is no such secret */
  writtenAt(name: string): Promise<number | undefined>;
  write(name: string, value: string): Promise<void>;
  /** Reads a secret, or makes and writes it where there is none yet. */
  readOrCreate(name: string, create: () => string | Promise<string>): Promise<string>;
}

/** @param folder created with mode 0700 */
export async function openFileSecretStore(folder: string): Promise<FileSecretStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pathOf = (name: string) => join(folder, encodeURIComponent(name));
  const store: FileSecretStore = {
    async read(name) {
      try {
        return await readFile(pathOf(name), 'utf8');
      } catch (cause) {
        throw new SecretUnavailableError(name, { cause });
      }
    },
    async writtenAt(name) {
      const file = await stat(pathOf(name)).catch(() => undefined);
      return file?.mtimeMs;
    },
    async write(name, value) {
      // Renamed into place: a reader sees the old value or the new one, never half of it.
      await writeFile(`${pathOf(name)}.new`, value, { mode: 0o600 });
      await rename(`${pathOf(name)}.new`, pathOf(name));
    },
    async readOrCreate(name, create) {
      try {
        return await store.read(name);
      } catch {
        await store.write(name, await create());
        return store.read(name);
      }
    },
  };
  return store;
}
