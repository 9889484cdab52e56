import type { CommandIo } from './command-io.ts';
import { formatTable } from './format-table.ts';
import { type OperatorDatabase, useDatabase } from './operator-database.ts';
import type { QuarantineCommand } from './quarantine-command.ts';
import { type RowCondition, rowCondition } from './quarantine-filter.ts';

type PurgeCommand = Extract<QuarantineCommand, { kind: 'quarantine purge' }>;

/** Rows of one table that a purge is about. */
interface Target extends RowCondition {
  readonly table: string;
  /** What counts them, where the account may not read the table itself. */
  readonly countIn: string;
}

/**
 * `edgehouse quarantine purge`: deletes rows of the quarantine, or with `--erase` everything of a principal in ClickHouse. It counts
 * first, and does nothing more without `--apply`.
 */
export async function quarantinePurge(
  { account, filter, erase, apply }: PurgeCommand,
  io: Pick<CommandIo, 'out' | 'now'>,
): Promise<void> {
  const condition = rowCondition(filter, io.now());
  const { config } = await import('#config');
  const quarantine: Target = { table: 'quarantine', countIn: 'quarantine', ...condition };
  const { where, params } = rowCondition({ principal: filter.principal }, io.now());
  const tables = Object.values(config.streams)
    .filter(({ name }) => filter.stream === undefined || name === filter.stream)
    .map(({ table }): Target => ({ table, countIn: table, where, params }));
  const targets = erase ? [...tables, quarantine, ledger(condition)] : [quarantine];
  await useDatabase(account, config.clickhouse.database, async (database) => {
    const rows = await Promise.all(targets.map((target) => count(database, target)));
    const counted = targets.map(({ countIn }, at) => [countIn, rows[at]]);
    for (const line of formatTable(['table', 'rows'], counted)) io.out(line);
    if (!apply) {
      io.out('Delete them with --apply.');
      return;
    }
    // The ledger last: where this is broken off, what is left is still counted when it is run again.
    for (const { table, where, params } of targets) await database.deleteRows(table, where, params);
    const left = await Promise.all(targets.map((target) => count(database, target)));
    io.out(`deleted; ${left.reduce((sum, one) => sum + one, 0)} left, which came meanwhile`);
    if (erase) io.out(`The spool is apart: edgehouse spool purge --principal ${filter.principal} --erase`);
  });
}

/** Its operator reads the ledger by the view alone, and deletes from the table behind it. */
function ledger({ params }: RowCondition): Target {
  const where = ['principal', 'stream'].filter((name) => name in params).map((name) => `${name} = {${name}:String}`);
  return { table: '_batches', countIn: 'batches', where: where.join(' AND '), params };
}

async function count(database: OperatorDatabase, { countIn, where, params }: Target): Promise<number> {
  const [counted] = await database.rows<{ readonly rows: number }>(
    `SELECT toFloat64(count()) AS rows FROM {db:Identifier}.{countIn:Identifier} WHERE ${where}`,
    { ...params, countIn },
  );
  return counted?.rows ?? 0;
}
