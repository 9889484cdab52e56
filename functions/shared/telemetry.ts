/** What the functions say about themselves. Powertools on Lambda; counters and a log file in the local stack. */
export interface Telemetry {
  /** Adds to a metric; dimensions take bounded values only. */
  count(metric: MetricName, value: number, dimensions?: Readonly<Record<string, string>>): void;
  /** Logs something an operator must see. `fields` never hold a token, key, password or row value. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The metrics of namespace `edgehouse`; alarms and dashboards use these names and no others. */
export type MetricName =
  | 'BatchesStored'
  | 'BatchesBuried'
  | 'BatchesRefused'
  | 'BatchesReplayed'
  | 'BatchesSpooled'
  | 'BatchesUnavailable'
  | 'IdentitiesAccepted'
  | 'IdentitiesRefused'
  | 'KeySetFetchFailed'
  | 'ReplaysPostponed'
  | 'RowsQuarantined'
  | 'RowsStored';
