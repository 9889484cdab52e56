import { Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { z } from 'zod';
import type { PrimaryFunction } from '../../../cdk/watch/alarm.ts';
import { Watch, type WatchProps } from '../../../cdk/watch/watch.ts';

const metric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
});
const alarm = metric.partial().extend({
  AlarmName: z.string(),
  AlarmDescription: z.unknown(),
  Unit: z.string().optional(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Period: z.number().optional(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number(),
  Threshold: z.number(),
  ComparisonOperator: z.string(),
  TreatMissingData: z.string(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()),
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        Period: z.number().optional(),
        ReturnData: z.boolean().optional(),
        MetricStat: z
          .object({ Metric: metric, Stat: z.string(), Period: z.number(), Unit: z.string().optional() })
          .optional(),
      }),
    )
    .optional(),
});

const page = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.unknown(),
  AlarmRule: z.unknown(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()),
});

export type PageProperties = z.infer<typeof page>;
export type AlarmProperties = z.infer<typeof alarm>;

const PRIMARY: readonly PrimaryFunction[] = ['issuer', 'rotation', 'password-rotation'];

/** Watch over the least of a stack: an API, its functions, two queues. @param besides which functions there are besides the three of every region */
export function watchTemplate(change: Partial<WatchProps> = {}, besides = PRIMARY) {
  const stack = new Stack(new App(), 'edgehouse');
  const logged = (id: string) =>
    new LambdaFunction(stack, id, {
      code: Code.fromInline('exports.handler = () => {}'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      logGroup: new LogGroup(stack, `${id}Log`),
      timeout: Duration.seconds(15),
    });
  new Watch(stack, 'Watch', {
    ingestApi: new HttpApi(stack, 'Api'),
    accessLog: new LogGroup(stack, 'AccessLog'),
    functions: {
      authorizer: logged('Authorizer'),
      ingest: logged('Ingest'),
      replay: logged('Replay'),
      ...Object.fromEntries(besides.map((name) => [name, logged(name)])),
    },
    replayQueue: new Queue(stack, 'Waiting'),
    deadLetterQueue: new Queue(stack, 'Dead'),
    refreshMinutes: 15,
    networks: ['staging', 'production'],
    rotateDays: 30,
    streams: ['hits'],
    certificatePrincipals: ['partner'],
    serverCertificates: { 'events.example.com': 'arn:aws:acm:us-east-1:123456789012:certificate/one' },
    preset: 'aws',
    ...change,
  });
  const template = Template.fromStack(stack);
  return { template, alarms: alarmsIn(template), page: pageIn(template), dashboard: dashboardIn(template) };
}

function alarmsIn(template: Template): readonly AlarmProperties[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map((resource) =>
    alarm.parse(resource['Properties']),
  );
}

function pageIn(template: Template): PageProperties | undefined {
  const [found] = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
  return found === undefined ? undefined : page.parse(found['Properties']);
}

/** The body of the dashboard as text, with its references as `{Ref:…}`. */
function dashboardIn(template: Template): string {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  return joined(dashboard?.['Properties']['DashboardBody']);
}

/** What Fn::Join makes of its parts; a reference is written as its logical id. */
export function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }).safeParse(value);
  if (join.success) return join.data['Fn::Join'][1].map(joined).join(join.data['Fn::Join'][0]);
  const reference = z.object({ Ref: z.string() }).safeParse(value);
  if (reference.success) return reference.data.Ref;
  return z
    .object({ 'Fn::GetAtt': z.array(z.string()) })
    .parse(value)
    ['Fn::GetAtt'].join('.');
}
