import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AlarmRule,
  AlarmState,
  Alarm as CloudWatchAlarm,
  ComparisonOperator,
  CompositeAlarm,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { COUNT_LEDGER } from '../../functions/replay/count-ledger.ts';
import type { Preset } from '../preset.ts';
import { ScheduledCall } from '../scheduled-call.ts';
import { AccessLogFilters } from './access-log-metrics.ts';
import { type Alarm, type Explained, idOf, isAlarmOf, type PerFunction, type Watched } from './alarm.ts';
import { AlarmTopics } from './alarm-topics.ts';
import { listAlarms } from './alarms.ts';
import { WatchDashboard } from './dashboard.ts';
import { LEDGER_MINUTES } from './ledger-alarms.ts';
import { LOG_QUERIES, logGroupsOf } from './log-queries.ts';
import { listPage, type Page } from './page.ts';
import { renderSignal, type Sources } from './render-signal.ts';

export interface WatchProps {
  readonly ingestApi: HttpApi;
  /** Of that API. */
  readonly accessLog: ILogGroup;
  /** Each with a log group and a time limit of its own. */
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
  /** Names of the principals that come with a client certificate. */
  readonly certificatePrincipals: readonly string[];
  /** ARN of the server certificate of each domain, by its name. */
  readonly serverCertificates: Readonly<Record<string, string>>;
  /** The emulator gets only what it does not refuse. */
  readonly preset: Preset;
}

const RUNBOOK = 'https://github.com/edgehouse/edgehouse/blob/main/docs/runbook.md';

/** The alarms of a region, the topics that they go to, one dashboard, and queries of the logs. */
export class Watch extends Construct {
  readonly topics: AlarmTopics;
  /** For a link to it. */
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { functions, preset } = props;
    const watched: Watched = {
      ...props,
      stackName: Stack.of(this).stackName,
      logGroups: mapFunctions(functions, ({ logGroup }) => logGroup.logGroupName),
      timeouts: mapFunctions(functions, ({ timeout }) => timeout?.toSeconds() ?? LAMBDA_DEFAULT_SECONDS),
      accessLog: props.accessLog.logGroupName,
      replayQueueUrl: props.replayQueue.queueUrl,
      deadLetterQueueUrl: props.deadLetterQueue.queueUrl,
    };
    const sources = { ...props, accessLogMetrics: new AccessLogFilters(this, 'AccessLog', props.accessLog).metrics };
    this.topics = new AlarmTopics(this, 'Alarms');
    const listed = listAlarms(watched);
    const alarms = new Map(
      listed.filter((alarm) => isAlarmOf(alarm, preset)).map((alarm) => [idOf(alarm), this.#addAlarm(alarm, sources)]),
    );
    // The pinned MiniStack refuses both (docs/emulator.md).
    if (preset === 'aws') {
      this.#addPage(listPage(listed, watched), alarms);
      this.#addQueries(watched);
    }
    new ScheduledCall(this, 'LedgerSchedule', {
      description: 'counts what is missing in ClickHouse, or there twice',
      function: functions.replay,
      everyMinutes: LEDGER_MINUTES,
      input: COUNT_LEDGER,
    });
    const dashboard = new WatchDashboard(this, 'Dashboard', { ...sources, ...watched, alarms: [...alarms.values()] });
    this.dashboardName = dashboard.dashboardName;
  }

  #addAlarm(alarm: Alarm, sources: Sources): CloudWatchAlarm {
    const id = idOf(alarm);
    const made = new CloudWatchAlarm(this, id, {
      alarmName: `${Stack.of(this).stackName}-${id}`,
      alarmDescription: describeAlarm(alarm),
      metric: renderSignal(alarm.signal, alarm.periodSeconds, sources),
      threshold: alarm.threshold,
      comparisonOperator: COMPARISONS[alarm.fires],
      evaluationPeriods: alarm.ofPeriods,
      datapointsToAlarm: alarm.badPeriods,
      treatMissingData: MISSING[alarm.missing],
    });
    const inform = new SnsAction(this.topics.informs);
    made.addAlarmAction(inform);
    made.addOkAction(inform);
    return made;
  }

  #addPage(page: Page, alarms: ReadonlyMap<string, CloudWatchAlarm>): void {
    const isOn = (id: string) => {
      const alarm = alarms.get(id);
      return alarm === undefined ? [] : [AlarmRule.fromAlarm(alarm, AlarmState.ALARM)];
    };
    const made = new CompositeAlarm(this, page.name, {
      compositeAlarmName: `${Stack.of(this).stackName}-${page.name}`,
      alarmDescription: describeAlarm(page),
      alarmRule: AlarmRule.anyOf(...page.when.map((ids) => AlarmRule.allOf(...ids.flatMap(isOn)))),
    });
    const wake = new SnsAction(this.topics.pages);
    made.addAlarmAction(wake);
    made.addOkAction(wake);
  }

  #addQueries(watched: Watched): void {
    for (const [id, query] of Object.entries(LOG_QUERIES)) {
      new CfnQueryDefinition(this, `Query-${id}`, {
        name: `${watched.stackName}/${query.name}`,
        logGroupNames: logGroupsOf(query, watched),
        queryString: query.lines.join('\n| '),
      });
    }
  }
}

/** Where a function says nothing of it; ours all do. */
const LAMBDA_DEFAULT_SECONDS = 3;

function mapFunctions<T>(functions: WatchProps['functions'], of: (lambda: LambdaFunction) => T): PerFunction<T> {
  const { authorizer, ingest, replay, ...others } = functions;
  return {
    authorizer: of(authorizer),
    ingest: of(ingest),
    replay: of(replay),
    ...Object.fromEntries(Object.entries(others).map(([name, lambda]) => [name, of(lambda)])),
  };
}

/** What the one whom it wakes reads first; CloudWatch keeps 1,024 characters. */
function describeAlarm({ name, title, cause, firstCommand }: Explained): string {
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
