import type { MetricName } from '../../functions/shared/telemetry.ts';
import type { FunctionName } from '../deployed-functions.ts';
import type { Preset } from '../preset.ts';
import type { AccessLogMetric } from './access-log-metrics.ts';

/** A metric that our own code emits, in namespace `edgehouse`: exactly this name and these dimensions. */
export interface OwnMetric {
  readonly source: 'own';
  readonly name: MetricName;
  readonly service: FunctionName;
  /** Beside `service`. CloudWatch adds nothing up over dimensions: all that the code sends, or the alarm sees nothing. */
  readonly dimensions?: {
    readonly stream?: string;
    readonly code?: string;
    readonly network?: string;
    readonly principal?: string;
  };
}

/** A metric that AWS publishes of a thing in the stack. */
export type AwsMetric =
  | {
      readonly source: 'api';
      readonly api: 'ingest';
      readonly name: '5xx' | 'Count' | 'Latency' | 'IntegrationLatency';
    }
  | {
      readonly source: 'queue';
      readonly queue: 'replay' | 'deadLetter';
      readonly name:
        | 'ApproximateNumberOfMessagesVisible'
        | 'ApproximateNumberOfMessagesNotVisible'
        | 'ApproximateAgeOfOldestMessage';
    }
  | { readonly source: 'function'; readonly function: FunctionName; readonly name: 'Duration' | 'Errors' | 'Throttles' }
  /** What CloudWatch Logs counts in the gateway's access log. */
  | { readonly source: 'access-log'; readonly name: AccessLogMetric }
  /** A server certificate in ACM. */
  | { readonly source: 'certificate'; readonly arn: string; readonly name: 'DaysToExpiry' };

/** As CloudWatch spells them. */
export type Statistic = 'Sum' | 'Minimum' | 'Maximum' | 'p95' | 'p99';

export interface Measured {
  readonly metric: OwnMetric | AwsMetric;
  readonly statistic: Statistic;
}

/** What an alarm looks at. */
export type Signal =
  | ({ readonly kind: 'metric' } & Measured)
  /** Metric math over at most ten metrics. */
  | { readonly kind: 'expression'; readonly expression: string; readonly metrics: Readonly<Record<string, Measured>> }
  /** The sum of a metric of ours over every value of some dimensions (CloudWatch Metrics Insights). */
  | { readonly kind: 'total'; readonly metric: OwnMetric; readonly over: readonly ('stream' | 'code')[] };

/** What the one whom an alarm wakes has to know. */
export interface Explained {
  /** Also the anchor of its section in docs/runbook.md; several alarms of one kind share it. */
  readonly name: string;
  /** What is wrong when it fires, in one line. */
  readonly title: string;
  /** The likely causes. */
  readonly cause: string;
  /** The command to run first. */
  readonly firstCommand: string;
}

/** One alarm. */
export interface Alarm extends Explained {
  /** Which one of its kind: a stream, a code, a network, a function, a principal, a domain. */
  readonly member?: string;
  readonly signal: Signal;
  /** A minute or a multiple of it, in seconds. CloudWatch looks back from now, not from a full hour. */
  readonly periodSeconds: number;
  /** Fires where this is so; `above` and `below` leave the threshold itself out. */
  readonly fires: 'above' | 'below';
  readonly threshold: number;
  /** Fires when so many of the last periods are bad. */
  readonly badPeriods: number;
  readonly ofPeriods: number;
  /** What a period without data is: bad for a heartbeat, good for a count of mishaps. */
  readonly missing: 'bad' | 'good';
}

/** What only the primary region has, and the last of them only where Secrets Manager keeps the passwords. */
export type PrimaryFunction = 'issuer' | 'rotation' | 'password-rotation';

/** One for each function. */
export type PerFunction<T> = Readonly<Record<Exclude<FunctionName, PrimaryFunction>, T>> &
  Readonly<Partial<Record<PrimaryFunction, T>>>;

/** What there is to watch. The names may be CDK tokens. */
export interface Watched {
  /** With which the name of each alarm begins. */
  readonly stackName: string;
  readonly streams: readonly string[];
  /** Minutes between two tokens; undefined where no EdgeWorker gets one. */
  readonly refreshMinutes: number | undefined;
  /** The networks that EdgeKV is written on. */
  readonly networks: readonly string[];
  /** Days between two passwords of a ClickHouse account. */
  readonly rotateDays: number;
  /** Principals that come with a client certificate. */
  readonly certificatePrincipals: readonly string[];
  /** ARN of the server certificate of each domain, by its name. */
  readonly serverCertificates: Readonly<Record<string, string>>;
  /** Names of log groups. */
  readonly logGroups: PerFunction<string>;
  /** Of the gateway. */
  readonly accessLog: string;
  /** Time limits, in seconds. */
  readonly timeouts: PerFunction<number>;
  readonly replayQueueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** The pinned MiniStack refuses an alarm with `Metrics`, that is all but one plain metric (docs/emulator.md). */
export function isAlarmOf({ signal }: Alarm, preset: Preset): boolean {
  return preset === 'aws' || signal.kind === 'metric';
}

/** How an alarm is called within its stack. */
export function idOf({ name, member }: Pick<Alarm, 'name' | 'member'>): string {
  return member === undefined ? name : `${name}-${member}`;
}

/** The last lines of a function's log that fit a filter pattern of CloudWatch Logs. */
export function tailLog(logGroup: string, since: string, pattern: string): string {
  return `aws logs tail ${logGroup} --since ${since} --filter-pattern '${pattern}'`;
}
