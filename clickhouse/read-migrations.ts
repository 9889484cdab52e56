import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Migration, parseMigration } from './parse-migration.ts';

/** The migrations that edgehouse ships. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, 'migrations');

/**
 * Reads a folder of migrations, in the order of their names.
 *
 * @throws MigrationNameError when a file of the folder is not a migration
 */
export async function readMigrations(folder: string = MIGRATIONS_FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => parseMigration(name, await readFile(join(folder, name), 'utf8'))));
}
