import type { AdminAccount } from '../clickhouse/admin-client.ts';
import { openAuditLines } from './audit-lines.ts';
import type { CommandIo } from './command-io.ts';
import { useDatabase } from './operator-database.ts';
import type { SpoolAccess } from './spool-command.ts';
import type { SpoolSources } from './spool-objects.ts';
import { openSpool } from './spool-place.ts';

interface OnSpool {
  readonly access: SpoolAccess;
  /** Without one the ledger is not asked. */
  readonly account: AdminAccount | undefined;
}

/** Runs with the spool of each region, its audit lines, and ClickHouse where an account was named. */
export async function withSpool<T>(
  { access, account }: OnSpool,
  io: Pick<CommandIo, 'fetch' | 'now'>,
  run: (sources: SpoolSources) => Promise<T>,
): Promise<T> {
  const { config } = await import('#config');
  const [places, auditLines] = await Promise.all([
    openSpool(access, config, io),
    openAuditLines(access.place, config.regions),
  ]);
  if (account === undefined) return run({ places, auditLines, database: undefined });
  return useDatabase(account, config.clickhouse.database, (database) => run({ places, auditLines, database }));
}
