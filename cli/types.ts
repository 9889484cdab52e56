import type { Config } from '../config/schema.ts';
import type { ColumnDescription } from '../functions/ingest/batch-store.ts';
import { compileContract } from '../functions/ingest/contract.ts';
import { restColumnsOf } from '../functions/ingest/rest-columns.ts';
import type { CommandIo } from './command-io.ts';
import { useDatabase } from './operator-database.ts';
import { rowType } from './row-type.ts';
import { relationFor } from './tail-relation.ts';
import type { TypesCommand } from './types-command.ts';

/**
 * `edgehouse types`: the type of a stream's rows for those who write events, from the table itself.
 *
 * @throws StreamUnreadableError, ContractUnusableError
 */
export async function types({ stream, account }: TypesCommand, io: Pick<CommandIo, 'out'>): Promise<void> {
  const { config } = await import('#config');
  relationFor(account.user, stream, config);
  // Not the view of a reader who sees some rows only: its columns have no defaults.
  const table = config.streams[stream]?.table ?? stream;
  const described = await useDatabase(account, config.clickhouse.database, (database) =>
    database.rows<ColumnDescription>(
      `SELECT name, type, default_kind AS defaultKind FROM system.columns
       WHERE database = {db:String} AND table = {table:String} ORDER BY position`,
      { table },
    ),
  );
  const contract = compileContract(table, described, restColumnsOf(config.streams)(table));
  io.out(rowType({ stream, contract, replaced: replacedColumns(stream, config.edge) }));
}

function replacedColumns(stream: string, { collector }: Config['edge']): ReadonlySet<string> {
  return new Set(collector?.stream === stream ? [...Object.keys(collector.columns), 'request_id'] : []);
}
