import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MigrationNameError, parseMigration } from '../../../clickhouse/parse-migration.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';

describe('a migration', () => {
  test('is split at semicolons that end a line, and a part of comments only is left out', () => {
    const text = "-- why; because\nCREATE a\n(x String DEFAULT ';')  ;  \n\n-- last words\nCREATE b;\n-- the end;\n";

    const { statements } = parseMigration('0001_a.sql', text);

    expect(statements).toEqual(["-- why; because\nCREATE a\n(x String DEFAULT ';')", '-- last words\nCREATE b']);
  });

  test('keeps its last statement without a semicolon', () => {
    expect(parseMigration('0001_a.sql', 'CREATE a;\nCREATE b').statements).toEqual(['CREATE a', 'CREATE b']);
  });

  test('has the same checksum and statements with the line ends of Windows', () => {
    const unix = parseMigration('0001_a.sql', 'CREATE a;\nCREATE b;\n');

    expect(parseMigration('0001_a.sql', 'CREATE a;\r\nCREATE b;\r\n')).toEqual(unix);
  });

  test('has another checksum after any edit', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        fc.pre(before.replaceAll('\r\n', '\n') !== after.replaceAll('\r\n', '\n'));
        const [one, other] = [before, after].map((text) => parseMigration('0001_a.sql', text).checksum);
        expect(one).not.toBe(other);
      }),
    );
  });

  test.each(['1_a.sql', '0001-a.sql', '0001_a.txt', '0001_A.sql', 'README.md', '.DS_Store'])(
    '%s is not a name for one',
    (name) => {
      expect(() => parseMigration(name, '')).toThrow(MigrationNameError);
    },
  );

  test('gives back the statements it was written from, whatever they are', () => {
    const statement = fc
      .string()
      .map((text) => `SELECT ${text.replaceAll(/[;\r\n]/g, '')}.`)
      .filter((text) => text.trim() === text);
    fc.assert(
      fc.property(fc.array(statement), (statements) => {
        const text = statements.map((one) => `${one};\n`).join('');
        expect(parseMigration('0001_a.sql', text).statements).toEqual(statements);
      }),
    );
  });
});

describe('the migrations that edgehouse ships', () => {
  test('can be run again after a crash: every statement makes only what is not there', async () => {
    const migrations = await readMigrations();

    for (const { name, statements } of migrations) {
      for (const statement of statements) {
        expect(`${name}: ${withoutComments(statement)}`).toMatch(
          /: (CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS \w+|ALTER TABLE \w+\s+(ADD COLUMN IF NOT EXISTS|MATERIALIZE COLUMN|MODIFY COLUMN) \w+)\s/,
        );
      }
    }
  });

  test('name no database, no cluster and no replicated engine, so that they fit Cloud and the embedded engine', async () => {
    const text = (await readMigrations()).flatMap(({ statements }) => statements.map(withoutComments)).join('\n');

    expect(text).not.toMatch(/ON CLUSTER|Replicated|Shared/i);
    expect(text).not.toMatch(/\bedgehouse\./);
  });

  test('give every view a definer, so that a writer needs no right on the ledger', async () => {
    const views = (await readMigrations())
      .flatMap(({ statements }) => statements.map(withoutComments))
      .filter((statement) => / VIEW /.test(statement.split('\n')[0] ?? ''));

    expect(views).toHaveLength(5);
    for (const view of views) expect(view).toContain('DEFINER = CURRENT_USER SQL SECURITY DEFINER');
  });
});

function withoutComments(statement: string): string {
  return statement
    .split('\n')
    .filter((line) => !line.trim().startsWith('--'))
    .join('\n')
    .trim();
}
