import type { Migration } from './parse-migration.ts';

/** A migration as the database recorded it when it was applied. */
export interface RecordedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** The text of an applied migration is no longer what was applied. */
export class MigrationEditedError extends Error {
  override readonly name = 'MigrationEditedError';
  readonly code = 'MIGRATION_EDITED';

  constructor(file: string, applied: string, seen: string) {
    super(
      `${file} was edited after it was applied: SHA-256 ${seen} in the file, ${applied} in the database. ` +
        'Restore the file and put the change into a new migration.',
    );
  }
}

/** The database has a migration that the folder does not have. */
export class MigrationMissingError extends Error {
  override readonly name = 'MigrationMissingError';
  readonly code = 'MIGRATION_MISSING';

  constructor(file: string) {
    super(
      `${file} is applied in the database but not in the folder. Use the version of edgehouse that brought it, or a newer one.`,
    );
  }
}

/** A migration would be applied after a later one. */
export class MigrationOrderError extends Error {
  override readonly name = 'MigrationOrderError';
  readonly code = 'MIGRATION_ORDER';

  constructor(pending: string, applied: string) {
    super(
      `${pending} is not applied although the later ${applied} is. Give it the number after the last one, ` +
        'or find out who removed its row from _migrations.',
    );
  }
}

/** Two migrations have one number, or a number is left out. */
export class MigrationNumberingError extends Error {
  override readonly name = 'MigrationNumberingError';
  readonly code = 'MIGRATION_NUMBERING';

  constructor(seen: string, expected: number) {
    super(
      `${seen}: expected number ${String(expected).padStart(4, '0')} at its place. ` +
        'Number the files from 0001 without a gap and without using a number twice.',
    );
  }
}

/**
 * Which migrations are still to be applied, in order. The two lists may come in any order; the database may have recorded
 * one twice, when two runners met.
 *
 * @throws MigrationNumberingError, MigrationMissingError, MigrationEditedError, MigrationOrderError
 */
export function planMigrations(
  migrations: readonly Migration[],
  recorded: readonly RecordedMigration[],
): readonly Migration[] {
  const ordered = [...migrations].sort((a, b) => a.number - b.number);
  for (const [index, migration] of ordered.entries()) {
    if (migration.number !== index + 1) throw new MigrationNumberingError(migration.name, index + 1);
  }

  const byName = new Map(ordered.map((migration) => [migration.name, migration]));
  for (const { name, checksum } of recorded) {
    const migration = byName.get(name);
    if (migration === undefined) throw new MigrationMissingError(name);
    if (migration.checksum !== checksum) throw new MigrationEditedError(name, checksum, migration.checksum);
  }

  const applied = new Set(recorded.map(({ name }) => name));
  const pending = ordered.filter(({ name }) => !applied.has(name));
  const last = ordered.findLast(({ name }) => applied.has(name));
  const [first] = pending;
  if (first !== undefined && last !== undefined && first.number < last.number) {
    throw new MigrationOrderError(first.name, last.name);
  }
  return pending;
}
