import { GraphWidget, type IMetric, type IWidget, LogQueryWidget, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { METRIC_NAMESPACE, type MetricName } from '../../functions/shared/telemetry.ts';
import type { FunctionName } from '../deployed-functions.ts';
import type { AwsMetric, OwnMetric, Statistic, Watched } from './alarm.ts';
import { type LogQuery, logGroupsOf } from './log-queries.ts';
import { renderMetric, type Sources } from './render-signal.ts';

/** A widget that waits for its share of the row, in columns. */
export type MakeWidget = (width: number) => IWidget;

/** What one point of a graph stands for. */
export const PERIOD = Duration.minutes(5);

/** A metric of ours, named so that a legend can be read. */
export function ownGraph(
  name: MetricName,
  service: FunctionName,
  sources: Sources,
  dimensions: NonNullable<OwnMetric['dimensions']> = {},
  statistic: Statistic = 'Sum',
): IMetric {
  const label = [name, dimensions.stream, service].filter((part) => part !== undefined).join(' ');
  const metric: OwnMetric = { source: 'own', name, service, dimensions };
  return renderMetric({ metric, statistic }, PERIOD, sources).with({ label });
}

/** A metric of the API that takes batches. */
export function apiGraph(
  name: Extract<AwsMetric, { source: 'api' }>['name'],
  statistic: Statistic,
  sources: Sources,
): IMetric {
  return awsGraph({ source: 'api', api: 'ingest', name }, statistic, sources);
}

/** A metric that is not of our own code. */
export function awsGraph(metric: AwsMetric, statistic: Statistic, sources: Sources): IMetric {
  return renderMetric({ metric, statistic }, PERIOD, sources);
}

/** Every metric of that name, whatever values its dimensions have. */
export function search(name: MetricName, dimensions: readonly string[], statistic: Statistic = 'Sum'): IMetric {
  const schema = [METRIC_NAMESPACE, ...dimensions].join(',');
  const expression = `SEARCH('{${schema}} MetricName="${name}"', '${statistic}', ${PERIOD.toSeconds()})`;
  return new MathExpression({ expression, label: '', period: PERIOD });
}

/** Lines over time, from zero. */
export function graph(title: string, left: readonly IMetric[]): MakeWidget {
  return (width) => new GraphWidget({ title, left: [...left], leftYAxis: { min: 0 }, width });
}

/** What a query of CloudWatch Logs Insights finds. */
export function logTable(title: string, query: LogQuery, logs: Pick<Watched, 'logGroups' | 'accessLog'>): MakeWidget {
  const [logGroupNames, queryLines] = [logGroupsOf(query, logs), [...query.lines]];
  return (width) => new LogQueryWidget({ title, logGroupNames, queryLines, width });
}
