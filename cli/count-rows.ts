import type { Config } from '../config/schema.ts';
import { type BatchCounts, collectBatches, collectBatchesOf, openLedger } from './ledger.ts';
import type { OperatorDatabase, QueryParams } from './operator-database.ts';

/**
 * Counts the rows where they are. The ledger is filled beside the tables, and may know of rows that a table lost in a crash, or not know
 * of rows that a table has (docs/adr/0005). It reads the stamps of all rows that came since then.
 */
export function countRows(database: OperatorDatabase, streams: Config['streams']): BatchCounts {
  const tables = Object.entries(streams).map(([stream, { table }]) => ({ stream, table }));
  const params: QueryParams = Object.fromEntries(
    tables.flatMap(({ stream, table }, at) => [
      [`stream${at}`, stream],
      [`table${at}`, table],
    ]),
  );
  const query = (where: string) => {
    const good = tables.map(
      (_, at) => `SELECT {stream${at}:String} AS stream, true AS isGood, ${STAMPS}
      FROM {db:Identifier}.{table${at}:Identifier} WHERE ${where}`,
    );
    const refused = `SELECT stream, false AS isGood, ${STAMPS} FROM {db:Identifier}.quarantine WHERE ${where}`;
    return `SELECT ${COUNTS} FROM (${[...good, refused].join(' UNION ALL ')})
      GROUP BY stream, _principal, _batch_id, _batch_digest`;
  };
  const ledger = openLedger(database);
  return {
    since: (since) =>
      collectBatches(database, query('_received_at >= fromUnixTimestamp64Milli({since:Int64})'), { ...params, since }),
    async of(batchIds) {
      // Tables are not sorted by batch: only what is there is looked for.
      const known = [...(await ledger.of(batchIds)).values()].map(({ batchId }) => batchId);
      return collectBatchesOf(database, query('_batch_id IN {ids:Array(UUID)}'), known, params);
    },
  };
}

const STAMPS = '_principal, _batch_id, _batch_digest, _batch_rows, _row, _received_at';

/** As view `batches` has them. */
const COUNTS = `_principal AS principal, stream, toString(_batch_id) AS batchId, _batch_digest AS digest,
  max(_batch_rows) AS declared, toFloat64(uniqExactIf(_row, isGood)) AS stored,
  toFloat64(uniqExactIf(_row, NOT isGood)) AS quarantined,
  greatest(toFloat64(max(_batch_rows)) - toFloat64(uniqExact(_row)), 0) AS missing,
  toFloat64(count()) - stored - quarantined AS duplicates,
  toFloat64(toUnixTimestamp64Milli(min(_received_at))) AS firstReceivedAt,
  toFloat64(toUnixTimestamp64Milli(max(_received_at))) AS lastReceivedAt`;
