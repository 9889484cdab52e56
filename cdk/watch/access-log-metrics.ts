import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../../functions/shared/telemetry.ts';

/**
 * What is counted in the access log, because nothing else knows it: of its 4xx an HTTP API publishes only the sum, and what the
 * gateway answers by itself, from its cache or because there was no token, reaches no function. Its values are texts, numbers too.
 */
export const ACCESS_LOG_FILTERS = {
  /** Nobody let in: no token, or a refused identity; 403 of ingest is a sender that may not do this. */
  RequestsRefused: '{ ($.status = "401") || ($.status = "403") }',
  /** Turned away by the limits of the stage; the 429 of a principal's own limit is ingest's. */
  RequestsThrottled: '{ ($.status = "429") && ($.integrationStatus != "429") }',
} as const;

export type AccessLogMetric = keyof typeof ACCESS_LOG_FILTERS;
export type AccessLogMetrics = Readonly<Record<AccessLogMetric, Metric>>;

/** Metrics of the gateway's access log. */
export class AccessLogFilters extends Construct {
  readonly metrics: AccessLogMetrics;

  constructor(scope: Construct, id: string, accessLog: ILogGroup) {
    super(scope, id);
    const count = (metricName: AccessLogMetric) =>
      new MetricFilter(this, metricName, {
        logGroup: accessLog,
        filterPattern: FilterPattern.literal(ACCESS_LOG_FILTERS[metricName]),
        metricNamespace: METRIC_NAMESPACE,
        metricName,
        metricValue: '1',
        // For each other line: so the metric is there from the first request on.
        defaultValue: 0,
      }).metric();
    this.metrics = { RequestsRefused: count('RequestsRefused'), RequestsThrottled: count('RequestsThrottled') };
  }
}
