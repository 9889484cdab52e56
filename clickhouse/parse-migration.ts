import { createHash } from 'node:crypto';

/** One file of `clickhouse/migrations/`. */
export interface Migration {
  /** The file's name, `0002_web_events.sql`. */
  readonly name: string;
  /** The number that the name begins with; they count from 1 without a gap. */
  readonly number: number;
  /** SHA-256 hex of the text, with line ends as LF: a checkout on Windows is not an edit. */
  readonly checksum: string;
  readonly statements: readonly string[];
}

/** A file in the migrations folder that is not named as a migration. */
export class MigrationNameError extends Error {
  override readonly name = 'MigrationNameError';
  readonly code = 'MIGRATION_NAME';

  constructor(seen: string) {
    super(
      `${seen}: expected a migration named like 0004_what_it_adds.sql. Rename the file or move it out of the folder.`,
    );
  }
}

const NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

/**
 * Parses a migration. A statement ends with `;` at the end of a line, so a text literal in it must not have one there.
 *
 * @throws MigrationNameError
 */
export function parseMigration(name: string, text: string): Migration {
  const digits = NAME.exec(name)?.[1];
  if (digits === undefined) throw new MigrationNameError(name);
  const lines = text.replaceAll('\r\n', '\n');
  return {
    name,
    number: Number(digits),
    checksum: createHash('sha256').update(lines).digest('hex'),
    statements: splitStatements(lines),
  };
}

function splitStatements(text: string): readonly string[] {
  return text
    .split(/;[ \t]*(?:\n|$)/)
    .map((part) => part.trim())
    .filter((part) => part.split('\n').some(isCode));
}

function isCode(line: string): boolean {
  const text = line.trim();
  return text !== '' && !text.startsWith('--');
}
