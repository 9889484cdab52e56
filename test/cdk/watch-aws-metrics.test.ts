import { describe, expect, test } from '@jest/globals';
import { METRIC_NAMESPACE } from '../../functions/shared/telemetry.ts';
import { type AlarmProperties, joined, watchTemplate } from './watch/watch-template.ts';

const { alarms } = watchTemplate();

/** `namespace name {dimensions} statistic`: what AWS publishes under that name, or CloudWatch would wait for ever. */
const WATCHED: Readonly<Record<string, readonly string[]>> = {
  availability: ['AWS/ApiGateway 5xx {ApiId=Api} Sum', 'AWS/ApiGateway Count {ApiId=Api} Sum'],
  'api-latency': ['AWS/ApiGateway Latency {ApiId=Api} p95'],
  'integration-latency': ['AWS/ApiGateway IntegrationLatency {ApiId=Api} p95'],
  'refused-share': ['AWS/ApiGateway Count {ApiId=Api} Sum'],
  'spool-depth': [
    'AWS/SQS ApproximateNumberOfMessagesVisible {QueueName=Waiting.QueueName} Maximum',
    'AWS/SQS ApproximateNumberOfMessagesNotVisible {QueueName=Waiting.QueueName} Maximum',
  ],
  'spool-age': ['AWS/SQS ApproximateAgeOfOldestMessage {QueueName=Waiting.QueueName} Maximum'],
  'dead-letters': ['AWS/SQS ApproximateNumberOfMessagesVisible {QueueName=Dead.QueueName} Maximum'],
  'server-certificate-events.example.com': [
    'AWS/CertificateManager DaysToExpiry {CertificateArn=arn:aws:acm:us-east-1:123456789012:certificate/one} Minimum',
  ],
  ...perFunction('function-errors', 'Errors', 'Sum'),
  ...perFunction('function-duration', 'Duration', 'p99'),
  ...perFunction('function-throttles', 'Throttles', 'Sum'),
};

describe('an alarm on a metric of AWS', () => {
  test('is there for each of these, and watches exactly this', () => {
    const watched = alarms.flatMap((alarm) => {
      const metrics = metricsOf(alarm);
      return metrics.length === 0 ? [] : [[alarm.AlarmName.replace('edgehouse-', ''), metrics] as const];
    });

    expect(Object.fromEntries(watched)).toEqual(WATCHED);
  });

  test('names no unit: CloudWatch would take another one for another metric', () => {
    const withUnit = alarms.filter(({ Namespace, Unit }) => Namespace?.startsWith('AWS/') && Unit !== undefined);

    expect(withUnit).toEqual([]);
  });

  test('takes silence for trouble only where a certificate has ended', () => {
    const breaching = Object.keys(WATCHED).filter(
      (name) => alarms.find(({ AlarmName }) => AlarmName === `edgehouse-${name}`)?.TreatMissingData === 'breaching',
    );

    expect(breaching).toEqual(['server-certificate-events.example.com']);
  });
});

function perFunction(kind: string, metric: string, statistic: string): Readonly<Record<string, readonly string[]>> {
  const ids = {
    authorizer: 'Authorizer',
    ingest: 'Ingest',
    replay: 'Replay',
    issuer: 'issuer',
    rotation: 'rotation',
    'password-rotation': 'passwordrotation',
  };
  return Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [
      `${kind}-${name}`,
      [`AWS/Lambda ${metric} {FunctionName=${id}} ${statistic}`],
    ]),
  );
}

/** The metrics of AWS that an alarm looks at; references without the hash at the end of a logical id. */
function metricsOf({ Statistic, ExtendedStatistic, Metrics = [], ...plain }: AlarmProperties): readonly string[] {
  const { Namespace, MetricName, Dimensions = [] } = plain;
  const stats = [
    ...(Namespace === undefined || MetricName === undefined
      ? []
      : [{ Metric: { Namespace, MetricName, Dimensions }, Stat: Statistic ?? ExtendedStatistic ?? '' }]),
    ...Metrics.flatMap(({ MetricStat }) => MetricStat ?? []),
  ];
  return stats
    .filter(({ Metric }) => Metric.Namespace !== METRIC_NAMESPACE)
    .map(({ Metric, Stat }) => {
      const dimensions = Metric.Dimensions.map(({ Name, Value }) => `${Name}=${joined(Value).replace(HASH, '')}`);
      return `${Metric.Namespace} ${Metric.MetricName} {${dimensions.join(', ')}} ${Stat}`;
    });
}

const HASH = /[0-9A-F]{8}(?=\.|$)/;
