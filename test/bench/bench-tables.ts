import { type Migration, parseMigration } from '../../clickhouse/parse-migration.ts';
import { type DataSet, nullStream } from './data-sets.ts';

/** The tables of the data sets that the project does not ship, after the model of `0002_web_events.sql`. */
export function benchMigration(number: number, dataSets: readonly DataSet[]): Migration {
  const tables = dataSets.flatMap(({ stream, columns }) => (columns === undefined ? [] : [tableSql(stream, columns)]));
  return parseMigration(`${String(number).padStart(4, '0')}_bench.sql`, tables.join('\n'));
}

/** The same columns, and nothing is kept, computed or counted. */
export function nullTableSql({ stream }: DataSet): string {
  return `CREATE TABLE ${nullStream(stream)} AS ${stream} ENGINE = Null`;
}

function tableSql(table: string, columns: string): string {
  return `CREATE TABLE ${table}
(${columns},
  _batch_id      UUID CODEC(ZSTD(1)),
  _batch_digest  String CODEC(ZSTD(1)),
  _batch_rows    UInt32 CODEC(ZSTD(1)),
  _row           UInt32 CODEC(ZSTD(1)),
  _principal     LowCardinality(String),
  _auth          LowCardinality(String),
  _trust         LowCardinality(String),
  _source        LowCardinality(String),
  _region        LowCardinality(String),
  _received_at   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY event_time;
CREATE MATERIALIZED VIEW ${table}_to_batches TO _batches
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
  _principal AS principal,
  '${table}' AS stream,
  _batch_id AS batch_id,
  _batch_digest AS digest,
  max(_batch_rows) AS declared,
  groupBitmapState(_row) AS stored,
  count() AS stored_written,
  min(_received_at) AS first_received_at,
  max(_received_at) AS last_received_at
FROM ${table}
GROUP BY _principal, _batch_id, _batch_digest;`;
}
