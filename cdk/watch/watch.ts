import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm as CloudWatchAlarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Preset } from '../preset.ts';
import { type Alarm, isAlarmOf, type PerFunction } from './alarm.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { listAlarms } from './alarms.ts';
import { WatchDashboard } from './dashboard.ts';
import { renderSignal } from './render-signal.ts';

export interface WatchProps {
  readonly ingestApi: HttpApi;
  /** Each with a log group of its own. */
  readonly functions: PerFunction<LambdaFunction>;
  readonly replayQueue: IQueue;
  readonly deadLetterQueue: IQueue;
  /** Minutes between two edge tokens, `edge.refreshMinutes`; undefined where this stack makes none: then none can be missed. */
  readonly refreshMinutes: number | undefined;
  /** The networks that EdgeKV is written on. */
  readonly networks: readonly string[];
  /** Days between two passwords of a ClickHouse account. */
  readonly rotateDays: number;
  /** Names of the streams. */
  readonly streams: readonly string[];
  /** The emulator gets only the alarms that it does not refuse. */
  readonly alarmsFor: Preset;
}

const RUNBOOK = 'https://github.com/edgehouse/edgehouse/blob/main/docs/runbook.md';

/** The alarms of a region, the topic that they go to, and one dashboard. */
export class Watch extends Construct {
  /** Subscribe here whoever is to be woken. */
  readonly topic: ITopic;
  /** For a link to it. */
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { functions, replayQueue, deadLetterQueue, refreshMinutes, networks, rotateDays, streams } = props;
    const logGroups = logGroupsOf(functions);
    const watched = {
      streams,
      refreshMinutes,
      networks,
      rotateDays,
      logGroups,
      replayQueueUrl: replayQueue.queueUrl,
      deadLetterQueueUrl: deadLetterQueue.queueUrl,
    };
    this.topic = new AlarmTopic(this, 'Alarms').topic;
    const alarms = listAlarms(watched)
      .filter((alarm) => isAlarmOf(alarm, props.alarmsFor))
      .map((alarm) => this.#addAlarm(alarm, props));
    this.dashboardName = new WatchDashboard(this, 'Dashboard', { ...props, logGroups, alarms }).dashboardName;
  }

  #addAlarm(alarm: Alarm, props: WatchProps): CloudWatchAlarm {
    const id = [alarm.name, ...(alarm.member === undefined ? [] : [alarm.member])].join('-');
    const made = new CloudWatchAlarm(this, id, {
      alarmName: `${Stack.of(this).stackName}-${id}`,
      alarmDescription: describeAlarm(alarm),
      metric: renderSignal(alarm.signal, alarm.periodSeconds, props),
      threshold: alarm.threshold,
      comparisonOperator: COMPARISONS[alarm.fires],
      evaluationPeriods: alarm.ofPeriods,
      datapointsToAlarm: alarm.badPeriods,
      treatMissingData: MISSING[alarm.missing],
    });
    const tell = new SnsAction(this.topic);
    made.addAlarmAction(tell);
    made.addOkAction(tell);
    return made;
  }
}

function logGroupsOf(functions: WatchProps['functions']): PerFunction<string> {
  const { authorizer, ingest, replay, ...others } = functions;
  const nameOf = ({ logGroup }: LambdaFunction) => logGroup.logGroupName;
  return {
    authorizer: nameOf(authorizer),
    ingest: nameOf(ingest),
    replay: nameOf(replay),
    ...Object.fromEntries(Object.entries(others).map(([name, lambda]) => [name, nameOf(lambda)])),
  };
}

/** What the one whom it wakes reads first; CloudWatch keeps 1,024 characters. */
function describeAlarm({ name, title, cause, firstCommand }: Alarm): string {
  return `${title}\n\nLikely: ${cause}\n\nFirst: ${firstCommand}\n\nRunbook: ${RUNBOOK}#${name}`;
}

const COMPARISONS: Readonly<Record<Alarm['fires'], ComparisonOperator>> = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
};

const MISSING: Readonly<Record<Alarm['missing'], TreatMissingData>> = {
  bad: TreatMissingData.BREACHING,
  good: TreatMissingData.NOT_BREACHING,
};
