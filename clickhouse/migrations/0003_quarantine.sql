-- Rows that did not fit their table, with the reason, so that a refusal is never a loss.

CREATE TABLE IF NOT EXISTS quarantine
(
    stream        LowCardinality(String),
    -- The row as received, cut to a size by the inserter; `raw_bytes` is its length before the cut.
    raw           String CODEC(ZSTD(1)),
    raw_bytes     UInt64 CODEC(ZSTD(1)),
    -- One code and one column a fault; a fault of the whole row has the column ''.
    codes         Array(LowCardinality(String)),
    columns       Array(String) CODEC(ZSTD(1)),
    -- The line of the body, from 1, where the format has lines.
    line          Nullable(UInt32) CODEC(ZSTD(1)),
    -- The table's contract by which the row was judged.
    contract_hash LowCardinality(String),

    _batch_id     UUID CODEC(ZSTD(1)),
    _batch_digest String CODEC(ZSTD(1)),
    _batch_rows   UInt32 CODEC(ZSTD(1)),
    _row          UInt32 CODEC(ZSTD(1)),
    _principal    LowCardinality(String),
    _auth         LowCardinality(String),
    _trust        LowCardinality(String),
    _source       LowCardinality(String),
    _region       LowCardinality(String),
    _received_at  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
-- No partitions: a batch that is sent again after midnight would be another (docs/adr/0018).
ORDER BY (_principal, stream, _received_at)
TTL toDateTime(_received_at) + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS quarantine_to_batches TO _batches
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    _principal AS principal,
    stream,
    _batch_id AS batch_id,
    _batch_digest AS digest,
    max(_batch_rows) AS declared,
    groupBitmapState(_row) AS quarantined,
    count() AS quarantined_written,
    min(_received_at) AS first_received_at,
    max(_received_at) AS last_received_at
FROM quarantine
GROUP BY _principal, stream, _batch_id, _batch_digest;
