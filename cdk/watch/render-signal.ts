import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Metric, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { METRIC_NAMESPACE, METRIC_UNITS, type MetricUnit } from '../../functions/shared/telemetry.ts';
import type { FunctionName } from '../deployed-functions.ts';
import type { AccessLogMetrics } from './access-log-metrics.ts';
import type { AwsMetric, Measured, OwnMetric, PerFunction, Signal } from './alarm.ts';

/** The things whose metrics AWS publishes. */
export interface Sources {
  readonly ingestApi: HttpApi;
  readonly functions: PerFunction<IFunction>;
  readonly replayQueue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly accessLogMetrics: AccessLogMetrics;
}

/** A signal as CDK's metric, for an alarm or a graph. */
export function renderSignal(signal: Signal, periodSeconds: number, sources: Sources): IMetric {
  const period = Duration.seconds(periodSeconds);
  switch (signal.kind) {
    case 'metric':
      return renderMetric(signal, period, sources);
    case 'expression': {
      const { expression, metrics } = signal;
      const usingMetrics = Object.fromEntries(
        Object.entries(metrics).map(([id, measured]) => [id, renderMetric(measured, period, sources)]),
      );
      return new MathExpression({ expression, usingMetrics, period });
    }
    case 'total':
      return new MathExpression({ expression: sumOver(signal.metric, signal.over), period });
  }
}

/** A query of CloudWatch Metrics Insights; SCHEMA takes only metrics with exactly these dimensions. */
function sumOver({ name, service, dimensions = {} }: OwnMetric, over: readonly string[]): string {
  const fixed = Object.entries({ service, ...dimensions });
  const schema = [...fixed.map(([dimension]) => dimension), ...over].sort().map((dimension) => `"${dimension}"`);
  const where = fixed.map(([dimension, value]) => `"${dimension}" = '${value}'`).join(' AND ');
  return `SELECT SUM("${name}") FROM SCHEMA("${METRIC_NAMESPACE}", ${schema.join(', ')}) WHERE ${where}`;
}

export function renderMetric({ metric, statistic }: Measured, period: Duration, sources: Sources): Metric {
  switch (metric.source) {
    case 'own': {
      const dimensionsMap = { service: metric.service, ...metric.dimensions };
      const { name: metricName } = metric;
      return new Metric({
        namespace: METRIC_NAMESPACE,
        metricName,
        dimensionsMap,
        statistic,
        period,
        unit: UNITS[METRIC_UNITS[metricName]],
      });
    }
    case 'api':
    case 'queue':
    case 'function':
    case 'access-log':
    case 'certificate':
      return renderAwsMetric(metric, sources).with({ statistic, period });
  }
}

function renderAwsMetric(metric: AwsMetric, sources: Sources): Metric {
  const { ingestApi, functions, replayQueue, deadLetterQueue, accessLogMetrics } = sources;
  switch (metric.source) {
    case 'api':
      return ingestApi.metric(metric.name);
    case 'queue':
      return (metric.queue === 'replay' ? replayQueue : deadLetterQueue).metric(metric.name);
    case 'function': {
      const watched = functions[metric.function];
      if (watched === undefined) throw new FunctionNotWatchedError(metric.function);
      return watched.metric(metric.name);
    }
    case 'access-log':
      return accessLogMetrics[metric.name];
    case 'certificate':
      return new Metric({
        namespace: 'AWS/CertificateManager',
        metricName: metric.name,
        dimensionsMap: { CertificateArn: metric.arn },
      });
  }
}

/** An alarm names a function that the stack does not have. */
export class FunctionNotWatchedError extends Error {
  override readonly name = 'FunctionNotWatchedError';
  readonly code = 'FUNCTION_NOT_WATCHED';
  constructor(name: FunctionName) {
    super(
      `An alarm is on the function ${name}, which Watch was not given. Next: list the alarm only where it is there.`,
    );
  }
}

const UNITS: Readonly<Record<MetricUnit, Unit>> = {
  Count: Unit.COUNT,
  Seconds: Unit.SECONDS,
  Milliseconds: Unit.MILLISECONDS,
};
