/** Grafana's unit ids (`packages/grafana-data/src/valueFormats/categories.ts`); `none` shows the number as it is. */
export type Unit = 'none' | 'short' | 'percentunit' | 's' | 'ms' | 'cps' | 'rowsps';

/** From `at` on, a value has this colour. */
export interface Threshold {
  readonly at: number;
  readonly color: 'yellow' | 'red';
}

export interface Panel {
  /** Unique: tests and readers name a panel by it. */
  readonly title: string;
  /** What it says, and what to do where it looks wrong. */
  readonly description: string;
  /** `stat` shows each column of one row; `series` draws a line for each text in a row that has one. */
  readonly kind: 'stat' | 'series' | 'table';
  /** Of 24 columns. */
  readonly width: number;
  readonly sql: string;
  readonly unit: Unit;
  /** By name of the column, where it is not the panel's. @default {} */
  readonly units?: Readonly<Record<string, Unit>>;
  /** By name of the column. @default {} */
  readonly thresholds?: Readonly<Record<string, readonly Threshold[]>>;
}

export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/**
 * The batches that came in the dashboard's time. Of the ledger's lines, not of the view `batches`: that one merges all that ever came
 * before it can pick some. What counts each row once (`stored`, `refused`, `missing`, `written_again`) merges bitmaps, the dear part; a
 * query that does not ask for it does not pay for it, so lines over time are drawn of what was written.
 */
const BATCHES = `(
  SELECT
    stream,
    principal,
    batch_id,
    max(l.declared) AS declared,
    sum(l.stored_written) AS written,
    sum(l.quarantined_written) AS refusals_written,
    groupBitmapMergeState(l.stored) AS stored_rows,
    groupBitmapMergeState(l.quarantined) AS refused_rows,
    bitmapCardinality(stored_rows) AS stored,
    bitmapCardinality(refused_rows) AS refused,
    greatest(toInt64(declared) - toInt64(bitmapCardinality(bitmapOr(stored_rows, refused_rows))), 0) AS missing,
    written + refusals_written - stored - refused AS written_again,
    toDateTime64(min(l.first_received_at), 3, 'UTC') AS received_at,
    toDateTime64(max(l.last_received_at), 3, 'UTC') AS last_received_at,
    toDateTime64(max(l.last_written_at), 3, 'UTC') AS written_at
  FROM $database.ledger AS l
  WHERE $__timeFilter(l.first_received_at)
  GROUP BY stream, principal, batch_id, digest
) AS batch`;

/** A batch may be on its way so long: ingest has 15 s, replay 120 s. What is missing then is missing (cli/reconcile.ts says the same). */
const ENDED = 'last_received_at < now() - INTERVAL 3 MINUTE';
/** Ingest is ended after 15 s: what was written later came by another way, and that is replay. */
const OUT_OF_SPOOL = 'written_at > last_received_at + INTERVAL 15 SECOND';

const ANY: readonly Threshold[] = [{ at: 1, color: 'red' }];
const NOTICED: readonly Threshold[] = [{ at: 1, color: 'yellow' }];
const REFUSED_SHARE: readonly Threshold[] = [
  { at: 0.01, color: 'yellow' },
  { at: 0.1, color: 'red' },
];

/** What the dashboard asks. `$__…` is a macro of Grafana's ClickHouse data source, `$database`, `$table` and `$event_time` its variables. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'All streams',
    panels: [
      {
        title: 'In this time',
        description:
          'What senders declared, and what became of it. Missing: rows of batches that came in part, three minutes after they came. A batch of which nothing came is not in ClickHouse at all: `edgehouse reconcile` finds it.',
        kind: 'stat',
        width: 24,
        unit: 'short',
        units: { 'rows refused': 'percentunit', 'newest batch is old': 's' },
        thresholds: {
          'rows refused': REFUSED_SHARE,
          'rows missing': ANY,
          'rows written twice': NOTICED,
          'newest batch is old': [
            { at: 300, color: 'yellow' },
            { at: 900, color: 'red' },
          ],
        },
        sql: `SELECT
  count() AS "batches",
  sum(stored) AS "rows stored",
  sum(refused) / nullIf(sum(declared), 0) AS "rows refused",
  sumIf(missing, ${ENDED}) AS "rows missing",
  sum(written_again) AS "rows written twice",
  if(count() = 0, NULL, dateDiff('second', max(last_received_at), now64(3, 'UTC'))) AS "newest batch is old"
FROM ${BATCHES}`,
      },
      {
        title: 'Batches',
        description: 'Batches a second that arrived with one row at least, stored or refused.',
        kind: 'series',
        width: 12,
        unit: 'cps',
        sql: `SELECT $__timeInterval(received_at) AS time, stream, count() / $__interval_s AS batches
FROM ${BATCHES}
GROUP BY time, stream
ORDER BY time, stream`,
      },
      {
        title: 'Rows stored',
        description:
          'Rows a second that were written into the table of each stream; one that was written twice counts twice.',
        kind: 'series',
        width: 12,
        unit: 'rowsps',
        sql: `SELECT $__timeInterval(received_at) AS time, stream, sum(written) / $__interval_s AS rows
FROM ${BATCHES}
GROUP BY time, stream
ORDER BY time, stream`,
      },
      {
        title: 'From receipt to ClickHouse',
        description:
          'Milliseconds between the clock of the region that took a batch and that of ClickHouse when it wrote the last of its rows. Half of the batches took less than p50. Minutes mean that they came out of the spool.',
        kind: 'series',
        width: 12,
        unit: 'ms',
        sql: `SELECT
  $__timeInterval(received_at) AS time,
  quantile(0.5)(dateDiff('millisecond', last_received_at, written_at)) AS p50,
  quantile(0.99)(dateDiff('millisecond', last_received_at, written_at)) AS p99
FROM ${BATCHES}
WHERE toYear(written_at) > 1970
GROUP BY time
ORDER BY time`,
      },
      {
        title: 'Out of the spool',
        description:
          'Batches that were written more than 15 s after they came, by the time at which they came: ClickHouse could not take them then, and replay stored them. What still waits is not in ClickHouse: the CloudWatch dashboard and `edgehouse spool ls` show it.',
        kind: 'series',
        width: 12,
        unit: 'short',
        sql: `SELECT $__timeInterval(received_at) AS time, stream, countIf(${OUT_OF_SPOOL}) AS batches
FROM ${BATCHES}
GROUP BY time, stream
ORDER BY time, stream`,
      },
      {
        title: 'Declared and stored, by sender',
        description: 'Declared is what senders said they send: it is stored, refused or missing.',
        kind: 'table',
        width: 24,
        unit: 'none',
        thresholds: { 'rows missing': ANY, 'rows written twice': NOTICED },
        sql: `SELECT
  stream,
  principal,
  count() AS "batches received",
  sum(declared) AS "rows declared",
  sum(stored) AS "rows stored",
  sum(refused) AS "rows refused",
  sumIf(missing, ${ENDED}) AS "rows missing",
  sum(written_again) AS "rows written twice",
  countIf(${OUT_OF_SPOOL}) AS "batches out of the spool",
  max(last_received_at) AS "newest"
FROM ${BATCHES}
GROUP BY stream, principal
ORDER BY stream, principal`,
      },
      {
        title: 'Batches that do not add up',
        description:
          'The newest 50 with rows that are missing three minutes after they came, or that were written more than once. Ask `edgehouse receipt BATCH_ID` what its sender was told.',
        kind: 'table',
        width: 24,
        unit: 'none',
        sql: `SELECT batch_id, stream, principal, declared, stored, refused, missing, written_again AS "written twice", received_at AS received
FROM ${BATCHES}
WHERE (missing > 0 AND ${ENDED}) OR written_again > 0
ORDER BY received DESC
LIMIT 50`,
      },
    ],
  },
  {
    title: 'Refused rows',
    panels: [
      {
        title: 'Share refused, by sender',
        description: 'Of the rows that each principal declared, the part that did not fit its table.',
        kind: 'series',
        width: 12,
        unit: 'percentunit',
        sql: `SELECT $__timeInterval(received_at) AS time, principal, sum(refusals_written) / sum(declared) AS share
FROM ${BATCHES}
GROUP BY time, principal
ORDER BY time, principal`,
      },
      {
        title: 'Refused rows by code',
        description:
          'docs/errors.md says of each code what it means and what to do. A row with two codes counts in both.',
        kind: 'series',
        width: 12,
        unit: 'short',
        sql: `SELECT $__timeInterval(received_at) AS time, arrayJoin(arrayDistinct(codes)) AS code, count() AS rows
FROM $database.refused_rows
WHERE $__timeFilter(received_at)
GROUP BY time, code
ORDER BY time, code`,
      },
      {
        title: 'What was refused, and whose',
        description:
          'The 50 most frequent faults. Once the cause is gone, `edgehouse quarantine replay` has the rows judged again; `edgehouse quarantine ls --rows` shows them.',
        kind: 'table',
        width: 24,
        unit: 'none',
        sql: `SELECT
  stream,
  principal,
  source,
  fault.1 AS code,
  fault.2 AS field,
  uniqExact(batch_id, row) AS rows,
  uniqExact(batch_id) AS batches,
  max(received_at) AS newest
FROM $database.refused_rows
ARRAY JOIN arrayZip(codes, columns) AS fault
WHERE $__timeFilter(received_at)
GROUP BY stream, principal, source, code, field
ORDER BY rows DESC, stream, principal, source, code, field
LIMIT 50`,
      },
    ],
  },
  {
    title: 'Rows of $table',
    panels: [
      {
        title: 'From event to receipt',
        description:
          'Milliseconds between $event_time, by the clock of whoever made the event, and the receipt of the batch. Less than nothing: that clock is ahead.',
        kind: 'series',
        width: 12,
        unit: 'ms',
        sql: `SELECT
  $__timeInterval(_received_at) AS time,
  quantile(0.5)(dateDiff('millisecond', $event_time, _received_at)) AS p50,
  quantile(0.99)(dateDiff('millisecond', $event_time, _received_at)) AS p99
FROM $database.$table
WHERE $__timeFilter(_received_at)
GROUP BY time
ORDER BY time`,
      },
      {
        title: 'Rows by trust',
        description:
          'Rows a second. `client`: whoever can reach /collect can send such rows; `edge`: your own code made them.',
        kind: 'series',
        width: 12,
        unit: 'rowsps',
        sql: `SELECT $__timeInterval(_received_at) AS time, _trust AS trust, count() / $__interval_s AS rows
FROM $database.$table
WHERE $__timeFilter(_received_at)
GROUP BY time, trust
ORDER BY time, trust`,
      },
      {
        title: 'Top sources',
        description: 'The 20 sources with the most rows; a new version of an EdgeWorker shows as a source of its own.',
        kind: 'table',
        width: 24,
        unit: 'none',
        sql: `SELECT
  _source AS source,
  _principal AS principal,
  _region AS region,
  count() AS rows,
  uniqExact(_batch_id) AS batches,
  max(_received_at) AS newest
FROM $database.$table
WHERE $__timeFilter(_received_at)
GROUP BY source, principal, region
ORDER BY rows DESC, source, principal, region
LIMIT 20`,
      },
    ],
  },
];
