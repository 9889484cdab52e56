import { createAdminClient } from '../clickhouse/admin-client.ts';
import { migrate as migrateDatabase } from '../clickhouse/migrate.ts';
import { readMigrations } from '../clickhouse/read-migrations.ts';
import type { CommandIo } from './command-io.ts';
import type { MigrateCommand } from './parse-command.ts';

/** `edgehouse migrate`: applies what is missing and names it. */
export async function migrate(command: MigrateCommand, io: CommandIo): Promise<void> {
  const { config } = await import('#config');
  const database = command.database ?? config.clickhouse.database;
  const client = createAdminClient(command);
  try {
    const { applied, unchanged } = await migrateDatabase({
      client,
      database,
      streams: Object.values(config.streams),
      migrations: await readMigrations(),
      now: io.now,
    });
    for (const name of applied) io.out(`applied ${name}`);
    io.out(`database ${database}: ${applied.length} applied, ${unchanged} unchanged`);
  } finally {
    await client.close();
  }
}
