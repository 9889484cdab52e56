-- Requests and browser events in one wide table. Only `event_time` and `path` are required; what is not known stays NULL.
-- The columns that begin with `_` are stamped by edgehouse; a row that brings one is refused.
-- ZSTD where the values are long or many: it packs an access log clearly tighter than the default LZ4.

CREATE TABLE IF NOT EXISTS web_events
(
    event_time     DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    path           String CODEC(ZSTD(1)),
    query          Nullable(String) CODEC(ZSTD(1)),
    method         LowCardinality(Nullable(String)),
    status         Nullable(UInt16),
    bytes          Nullable(UInt64) CODEC(ZSTD(1)),
    duration_ms    Nullable(Float64) CODEC(ZSTD(1)),
    protocol       LowCardinality(Nullable(String)),
    host           LowCardinality(Nullable(String)),
    referrer       Nullable(String) CODEC(ZSTD(1)),
    user_agent     LowCardinality(Nullable(String)),
    cache_status   LowCardinality(Nullable(String)),
    request_id     Nullable(String) CODEC(ZSTD(1)),

    -- Where the visitor is, as the edge sees it. `region` is the visitor's; `_region` is the AWS region that took the batch.
    country        LowCardinality(Nullable(String)),
    region         LowCardinality(Nullable(String)),
    city           LowCardinality(Nullable(String)),
    -- Truncated before it is sent (/24 or /48): a whole address is personal data, and no column here asks for one.
    client_network Nullable(String) CODEC(ZSTD(1)),
    device         LowCardinality(Nullable(String)),
    visitor        Nullable(String) CODEC(ZSTD(1)),
    session        Nullable(String) CODEC(ZSTD(1)),

    event_type     LowCardinality(String) DEFAULT 'request',
    event_name     LowCardinality(Nullable(String)),
    event_value    Nullable(Float64) CODEC(ZSTD(1)),
    -- JSON text of whatever has no column of its own.
    properties     Nullable(String) CODEC(ZSTD(1)),
    -- The kept fraction, above 0 and at most 1: a row stands for 1 / sample_rate events.
    sample_rate    Float64 DEFAULT 1,

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
-- No partitions (docs/adr/0018). By arrival, a batch that is sent again after midnight would be another. By the event's time, which a
-- client chooses, a batch of strange times would fail together with every other batch of the same flush: ClickHouse refuses an insert
-- block of over 100 partitions (code 252).
-- A time range is what almost every query has; within the hour, equal paths lie together.
ORDER BY (toStartOfHour(event_time), path, event_time);

CREATE MATERIALIZED VIEW IF NOT EXISTS web_events_to_batches TO _batches
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    _principal AS principal,
    'web_events' AS stream,
    _batch_id AS batch_id,
    _batch_digest AS digest,
    max(_batch_rows) AS declared,
    groupBitmapState(_row) AS stored,
    count() AS stored_written,
    min(_received_at) AS first_received_at,
    max(_received_at) AS last_received_at
FROM web_events
GROUP BY _principal, _batch_id, _batch_digest;
