import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  type IWidget,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { FUNCTION_NAMES } from '../deployed-functions.ts';
import type { AwsMetric, Statistic, Watched } from './alarm.ts';
import { apiGraph, awsGraph, graph, logTable, type MakeWidget, ownGraph, search } from './dashboard-widgets.ts';
import { LOG_QUERIES } from './log-queries.ts';
import type { Sources } from './render-signal.ts';

export interface WatchDashboardProps
  extends Sources,
    Pick<Watched, 'streams' | 'serverCertificates' | 'logGroups' | 'accessLog'> {
  readonly alarms: readonly Alarm[];
}

const ROW_WIDTH = 24;
/** CloudWatch takes so many in one widget ("Dashboard body structure and syntax"). */
const MOST_ALARMS = 100;

/** One page that answers in one look: is it flowing, how fresh, who is refused and why, what waits, what expires next. */
export class WatchDashboard extends Construct {
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: WatchDashboardProps) {
    super(scope, id);
    this.dashboardName = Stack.of(this).stackName;
    const widgets = [
      ...alarmStates(props.alarms),
      ...row('Is it flowing?', flowing(props)),
      ...row('How fresh?', fresh(props)),
      ...row('Who is refused, and why?', refused(props)),
      ...row('What waits?', waiting(props)),
      ...row('What expires next?', expiring(props)),
      ...row('What runs badly?', failing(props)),
    ];
    new Dashboard(this, 'Page', {
      dashboardName: this.dashboardName,
      defaultInterval: Duration.hours(3),
      periodOverride: PeriodOverride.INHERIT,
      widgets,
    });
  }
}

function alarmStates(alarms: readonly Alarm[]): IWidget[][] {
  const widgets = Math.ceil(alarms.length / MOST_ALARMS);
  return Array.from({ length: widgets }, (_, index) => {
    const some = alarms.slice(index * MOST_ALARMS, (index + 1) * MOST_ALARMS);
    return [new AlarmStatusWidget({ title: 'Alarms', alarms: some, width: ROW_WIDTH, height: 6 })];
  });
}

function row(question: string, widgets: readonly MakeWidget[]): IWidget[][] {
  const heading = new TextWidget({ markdown: `## ${question}`, width: ROW_WIDTH, height: 1 });
  // Whole columns, which is all that CloudWatch takes: the first ones get what is left over.
  const [width, left] = [Math.floor(ROW_WIDTH / widgets.length), ROW_WIDTH % widgets.length];
  return [[heading], widgets.map((make, index) => make(index < left ? width + 1 : width))];
}

function flowing(props: WatchDashboardProps): readonly MakeWidget[] {
  return [
    graph(
      'Batches stored, by stream',
      props.streams.map((stream) => ownGraph('BatchesStored', 'ingest', props, { stream })),
    ),
    graph(
      'Rows, stored and quarantined',
      props.streams.flatMap((stream) => [
        ...(['RowsStored', 'RowsQuarantined'] as const).flatMap((name) =>
          (['ingest', 'replay'] as const).map((service) => ownGraph(name, service, props, { stream })),
        ),
        ownGraph('RowsMissedByValidation', 'replay', props, { stream }),
      ]),
    ),
    graph('Requests and 5xx', [apiGraph('Count', 'Sum', props), apiGraph('5xx', 'Sum', props)]),
    graph('Rows of the last hours: missing, and there twice', [
      ownGraph('RowsMissing', 'replay', props, {}, 'Maximum'),
      ownGraph('RowsDuplicated', 'replay', props, {}, 'Maximum'),
    ]),
  ];
}

function fresh(props: WatchDashboardProps): readonly MakeWidget[] {
  const { streams } = props;
  return [
    graph('Answer of the API, and of ingest to it, p95, ms', [
      apiGraph('Latency', 'p95', props),
      apiGraph('IntegrationLatency', 'p95', props),
    ]),
    graph(
      'Batch to receipt, p95, ms',
      streams.map((stream) => ownGraph('BatchLatency', 'ingest', props, { stream }, 'p95')),
    ),
    logTable('Stored from the spool: seconds since they were received', LOG_QUERIES.storedLater, props),
  ];
}

function refused(props: WatchDashboardProps): readonly MakeWidget[] {
  return [
    graph('Identities refused, by code', [search('IdentitiesRefused', ['service', 'code'])]),
    graph('Batches refused, by stream and code', [search('BatchesRefused', ['service', 'stream', 'code'])]),
    graph('Answered 401 or 403, and turned away by the stage (429)', [
      awsGraph({ source: 'access-log', name: 'RequestsRefused' }, 'Sum', props),
      awsGraph({ source: 'access-log', name: 'RequestsThrottled' }, 'Sum', props),
    ]),
    logTable('Denied senders', LOG_QUERIES.refusedBatches, props),
  ];
}

function waiting(props: WatchDashboardProps): readonly MakeWidget[] {
  const { streams } = props;
  const inQueue = (queue: 'replay' | 'deadLetter', name: Extract<AwsMetric, { source: 'queue' }>['name']) =>
    awsGraph({ source: 'queue', queue, name }, 'Maximum', props);
  return [
    graph('Batches in the spool: ready, and put off', [
      inQueue('replay', 'ApproximateNumberOfMessagesVisible'),
      inQueue('replay', 'ApproximateNumberOfMessagesNotVisible'),
    ]),
    graph('Oldest in the spool, seconds', [inQueue('replay', 'ApproximateAgeOfOldestMessage')]),
    graph(
      'Spooled, replayed, put off, answered 503',
      streams.flatMap((stream) => [
        ownGraph('BatchesSpooled', 'ingest', props, { stream }),
        ownGraph('ContractUnusable', 'ingest', props, { stream }),
        ownGraph('BatchesReplayed', 'replay', props, { stream }),
        ownGraph('ReplaysPostponed', 'replay', props, { stream }),
        ownGraph('BatchesUnavailable', 'ingest', props, { stream }),
      ]),
    ),
    graph('Dead letters: lying there, and new', [
      inQueue('deadLetter', 'ApproximateNumberOfMessagesVisible'),
      search('BatchesBuried', ['service', 'stream', 'code']),
    ]),
  ];
}

function expiring(props: WatchDashboardProps): readonly MakeWidget[] {
  const { functions, serverCertificates } = props;
  const tokens: readonly MakeWidget[] = [
    (width) =>
      new SingleValueWidget({
        title: 'Life of the tokens when last refreshed, seconds; refreshes',
        metrics: [
          ownGraph('TokenSecondsToExpiry', 'rotation', props, {}, 'Minimum'),
          ownGraph('TokensRefreshed', 'rotation', props),
        ],
        sparkline: true,
        width,
      }),
  ];
  const passwords: readonly MakeWidget[] = [
    graph('Oldest password of ClickHouse, seconds; rotated, failed', [
      ownGraph('PasswordAge', 'rotation', props, {}, 'Maximum'),
      ownGraph('RotationSucceeded', 'rotation', props),
      ownGraph('RotationFailed', 'rotation', props),
    ]),
  ];
  const servers = Object.values(serverCertificates).map((arn) =>
    awsGraph({ source: 'certificate', arn, name: 'DaysToExpiry' }, 'Minimum', props),
  );
  return [
    ...(functions.rotation === undefined ? [] : tokens),
    ...(functions['password-rotation'] === undefined ? [] : passwords),
    ...(servers.length === 0 ? [] : [graph('Server certificates, days', servers)]),
    graph('Client certificates of the last 60 days, seconds', [
      search('CertificateSecondsToExpiry', ['service', 'principal'], 'Minimum'),
    ]),
    graph('Trouble with credentials: pushes to EdgeKV, secrets not to be read', [
      search('EdgeKvPushFailed', ['service', 'network']),
      search('SecretStale', ['service']),
    ]),
  ];
}

function failing(props: WatchDashboardProps): readonly MakeWidget[] {
  const names = FUNCTION_NAMES.filter((name) => props.functions[name] !== undefined);
  const ofFunctions = (name: 'Duration' | 'Errors' | 'Throttles', statistic: Statistic) =>
    names.map((watched) => awsGraph({ source: 'function', function: watched, name }, statistic, props));
  return [
    graph('Callers: known, and key set not to be had', [
      ownGraph('IdentitiesAccepted', 'authorizer', props),
      ownGraph('KeySetFetchFailed', 'authorizer', props),
      ownGraph('KeySetStale', 'authorizer', props),
    ]),
    graph('Errors of the functions', ofFunctions('Errors', 'Sum')),
    graph('Longest calls, p99, ms', ofFunctions('Duration', 'p99')),
    graph('Throttled calls', ofFunctions('Throttles', 'Sum')),
    logTable('Warnings', LOG_QUERIES.warnings, props),
  ];
}
