/** What the functions say about themselves. Lines of JSON on Lambda; counters and a log file in the local stack. */
export interface Telemetry {
  /** Adds to a metric, in its own unit (`METRIC_UNITS`); dimensions take bounded values only. */
  count(metric: MetricName, value: number, dimensions?: Readonly<Record<string, string>>): void;
  /** Logs something an operator must see. `fields` never hold a token, key, password or row value. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Units of CloudWatch, in its own words. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds';

/** CloudWatch's namespace of every metric below. */
export const METRIC_NAMESPACE = 'edgehouse';

/** The metrics and their units; alarms and dashboards use these names and no others. */
export const METRIC_UNITS = {
  /** From the request's arrival to the answer, of every batch that was not refused. */
  BatchLatency: 'Milliseconds',
  BatchesBuried: 'Count',
  BatchesRefused: 'Count',
  BatchesReplayed: 'Count',
  BatchesSpooled: 'Count',
  BatchesStored: 'Count',
  BatchesUnavailable: 'Count',
  /** What is left of a client certificate that let its principal in; said of the last 60 days only. */
  CertificateSecondsToExpiry: 'Seconds',
  /** Batches that were spooled because the table of their stream cannot be served. */
  ContractUnusable: 'Count',
  /** Items that a network's EdgeKV did not take, or took and did not show. */
  EdgeKvPushFailed: 'Count',
  IdentitiesAccepted: 'Count',
  IdentitiesRefused: 'Count',
  KeySetFetchFailed: 'Count',
  /** Fetches of a key set that failed while one that is past its age served on. */
  KeySetStale: 'Count',
  /** Of the oldest ClickHouse password in use, since it became the current one; 0 where none has been written. */
  PasswordAge: 'Seconds',
  ReplaysPostponed: 'Count',
  /** Steps of a password's rotation that failed; Secrets Manager tries again. */
  RotationFailed: 'Count',
  /** ClickHouse passwords that were replaced and proven: the heartbeat of their rotation. */
  RotationSucceeded: 'Count',
  /** Rows that are in ClickHouse more than once, by the hourly count of the ledger. */
  RowsDuplicated: 'Count',
  /** Rows that wait in no spool and are not in ClickHouse, of batches of which others are, by the hourly count of the ledger. */
  RowsMissing: 'Count',
  /** Rows that validation took and ClickHouse refused; they are in quarantine. */
  RowsMissedByValidation: 'Count',
  RowsQuarantined: 'Count',
  RowsStored: 'Count',
  /** Reads of a secret that failed while the last good value served on. */
  SecretStale: 'Count',
  /** What is left to the first expiry among the tokens that were just pushed to the edge. */
  TokenSecondsToExpiry: 'Seconds',
  /** Tokens that every network's EdgeKV has taken: the heartbeat of the refresh. */
  TokensRefreshed: 'Count',
} as const satisfies Readonly<Record<string, MetricUnit>>;

export type MetricName = keyof typeof METRIC_UNITS;
