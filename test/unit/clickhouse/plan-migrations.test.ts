import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Migration } from '../../../clickhouse/parse-migration.ts';
import {
  MigrationEditedError,
  MigrationMissingError,
  MigrationNumberingError,
  MigrationOrderError,
  planMigrations,
  type RecordedMigration,
} from '../../../clickhouse/plan-migrations.ts';

const FOUR = [1, 2, 3, 4].map(migration);

describe('the plan of a migration run', () => {
  test('is all of them in order for a new database, however the folder lists them', () => {
    expect(planMigrations([...FOUR].reverse(), [])).toEqual(FOUR);
  });

  test('is what comes after the last one applied, and nothing when all are', () => {
    fc.assert(
      fc.property(fc.nat({ max: 4 }), fc.boolean(), (applied, twice) => {
        const recorded = FOUR.slice(0, applied).map(record);
        expect(planMigrations(FOUR, twice ? [...recorded, ...recorded] : recorded)).toEqual(FOUR.slice(applied));
      }),
    );
  });

  test('refuses an edited migration and names the file, both checksums and the next step', () => {
    const recorded = [record(migration(1)), { name: '0002_m.sql', checksum: 'old' }];

    const plan = () => planMigrations(FOUR, recorded);

    expect(plan).toThrow(MigrationEditedError);
    expect(plan).toThrow(/^0002_m\.sql .* sum-2 .* old .*new migration/);
    expect(plan).toThrow(expect.objectContaining({ code: 'MIGRATION_EDITED' }));
  });

  test('refuses a database that is ahead of the folder', () => {
    expect(() => planMigrations(FOUR.slice(0, 2), FOUR.map(record))).toThrow(MigrationMissingError);
  });

  test('refuses to apply one after a later one', () => {
    const recorded = [migration(1), migration(3)].map(record);

    expect(() => planMigrations(FOUR, recorded)).toThrow(MigrationOrderError);
  });

  test.each([
    ['a gap', [1, 3]],
    ['a number used twice', [1, 2, 2]],
    ['a start at zero', [0, 1]],
    ['a late start', [2]],
  ])('refuses %s', (_, numbers) => {
    expect(() => planMigrations(numbers.map(migration), [])).toThrow(MigrationNumberingError);
  });
});

function migration(number: number): Migration {
  return { name: `000${number}_m.sql`, number, checksum: `sum-${number}`, statements: [] };
}

function record({ name, checksum }: Migration): RecordedMigration {
  return { name, checksum };
}
