import { parseMigration } from '../../../clickhouse/parse-migration.ts';
import { readMigrations } from '../../../clickhouse/read-migrations.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { STAMPED_COLUMNS } from '../../../functions/ingest/contract.ts';
import { STAMP_TYPES } from '../../unit/functions/ingest/stream-contract.ts';

/**
 * The streams of a fault run: the shipped one, whose rows go out column by column, and one of columns that the Native format is not used
 * for, whose rows go out one by one, with their types or with signs for DEFAULTs.
 */
export const RUN_STREAMS = ['web_events', 'orders'] as const;
export type RunStream = (typeof RUN_STREAMS)[number];

export const RUN_CONFIG = parseConfig({
  streams: Object.fromEntries(RUN_STREAMS.map((stream) => [stream, { peakInsertsPerSecond: 20 }])),
  principals: {
    'web-edge': {
      claims: { sub: 'ew:12345' },
      allow: [{ write: [...RUN_STREAMS], sources: ['ew/12345/*'], trust: 'edge' }],
    },
  },
});

const ORDERS = `CREATE TABLE IF NOT EXISTS orders
(
  path String,
  session String,
  request_id String,
  bytes UInt64,
  state Enum8('paid' = 3, 'open' = 5) DEFAULT 'open',
  tags Array(LowCardinality(String)) DEFAULT ['none'],
  doc JSON(at.row UInt32),
  ${STAMPED_COLUMNS.map((name) => `${name} ${STAMP_TYPES[name] ?? 'LowCardinality(String)'}`).join(', ')}
)
ENGINE = MergeTree ORDER BY (session, request_id);
CREATE MATERIALIZED VIEW IF NOT EXISTS orders_to_batches TO _batches
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT _principal AS principal, 'orders' AS stream, _batch_id AS batch_id, _batch_digest AS digest, max(_batch_rows) AS declared,
  groupBitmapState(_row) AS stored, count() AS stored_written, min(_received_at) AS first_received_at, max(_received_at) AS last_received_at
FROM orders GROUP BY _principal, _batch_id, _batch_digest;`;

/** The shipped migrations, and one with the other table. */
export async function runMigrations() {
  const shipped = await readMigrations();
  return [...shipped, parseMigration(`${String(shipped.length + 1).padStart(4, '0')}_orders.sql`, ORDERS)];
}
