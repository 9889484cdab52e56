-- What dashboards ask for: when a batch was written, the ledger by time, and which rows were refused and why.

-- ClickHouse's own clock at the last insert that wrote a row of the batch; the views that feed the ledger leave it to the default.
-- Batches from before this migration get 1970: they are made to keep it before the default becomes the time of the insert.
ALTER TABLE _batches
    ADD COLUMN IF NOT EXISTS last_written_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) DEFAULT toDateTime64(0, 3, 'UTC');
ALTER TABLE _batches MATERIALIZE COLUMN last_written_at SETTINGS mutations_sync = 2;
ALTER TABLE _batches
    MODIFY COLUMN last_written_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) DEFAULT now64(3, 'UTC');

-- The lines of the ledger, one or more a batch, with their states still to be merged. The view `batches` merges all there are before a
-- condition on the time can pick some; here it picks them first. DEFINER, as for `batches`: no right on `_batches` is needed.
CREATE VIEW IF NOT EXISTS ledger
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    principal,
    stream,
    batch_id,
    digest,
    declared,
    stored,
    quarantined,
    stored_written,
    quarantined_written,
    first_received_at,
    last_received_at,
    last_written_at
FROM _batches;

-- A reader of this view sees which rows were refused and why, and has no right on `quarantine`, where the rows themselves are.
CREATE VIEW IF NOT EXISTS refused_rows
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    stream,
    _principal AS principal,
    _source AS source,
    _trust AS trust,
    _region AS region,
    codes,
    columns,
    contract_hash,
    raw_bytes,
    line,
    _batch_id AS batch_id,
    _row AS row,
    _received_at AS received_at
FROM quarantine;
