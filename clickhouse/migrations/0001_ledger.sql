-- The ledger: one row a batch, filled by materialized views on the stream tables and on `quarantine`, never by a client.
-- It counts distinct row numbers, so an insert that is repeated changes nothing but the `_written` sums.

CREATE TABLE IF NOT EXISTS _batches
(
    principal           LowCardinality(String),
    stream              LowCardinality(String),
    batch_id            UUID,
    digest              String,
    declared            SimpleAggregateFunction(max, UInt32),
    stored              AggregateFunction(groupBitmap, UInt32),
    quarantined         AggregateFunction(groupBitmap, UInt32),
    stored_written      SimpleAggregateFunction(sum, UInt64),
    quarantined_written SimpleAggregateFunction(sum, UInt64),
    first_received_at   SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_received_at    SimpleAggregateFunction(max, DateTime64(3, 'UTC')),

    -- The hourly count wants the last hours. Ids of UUID v7 lie in the order of time, so it skips what is older.
    INDEX received first_received_at TYPE minmax
)
ENGINE = AggregatingMergeTree
-- No partitions: ClickHouse looks for a repeated token only in the partition that the rows go to (docs/adr/0018).
ORDER BY (principal, stream, batch_id, digest);

-- DEFINER: a reader needs SELECT on this view only, and no right on `_batches`.
-- Declared, but in neither table: `missing`. Written more than once: `duplicates`.
CREATE VIEW IF NOT EXISTS batches
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    principal,
    stream,
    batch_id,
    digest,
    toUInt32(declared_rows) AS declared,
    bitmapCardinality(stored_rows) AS stored,
    bitmapCardinality(quarantined_rows) AS quarantined,
    toUInt32(greatest(toInt64(declared_rows) - toInt64(bitmapCardinality(bitmapOr(stored_rows, quarantined_rows))), 0)) AS missing,
    toUInt64(written_rows - stored - quarantined) AS duplicates,
    CAST(received_first, 'DateTime64(3, \'UTC\')') AS first_received_at,
    CAST(received_last, 'DateTime64(3, \'UTC\')') AS last_received_at
FROM
(
    SELECT
        principal,
        stream,
        batch_id,
        digest,
        max(declared) AS declared_rows,
        groupBitmapMergeState(stored) AS stored_rows,
        groupBitmapMergeState(quarantined) AS quarantined_rows,
        sum(stored_written) + sum(quarantined_written) AS written_rows,
        min(first_received_at) AS received_first,
        max(last_received_at) AS received_last
    FROM _batches
    GROUP BY principal, stream, batch_id, digest
);
