import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type HttpApi, HttpStage, LogGroupLogDestination, type ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { type LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { protectedLog } from './protected-log.ts';

export interface LoggedStageProps {
  readonly api: HttpApi;
  /** What all callers together may ask of the API; beyond it they get 429. */
  readonly throttle: Required<ThrottleSettings>;
}

/**
 * What an access log line says. Nothing that a caller chose but the route that took it, and no header: a token must not get
 * into a log. `requestId` is the answer's `apigw-requestid`, under which an opaque answer is found again.
 */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  timeEpoch: '$context.requestTimeEpoch',
  routeKey: '$context.routeKey',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  integrationStatus: '$context.integration.status',
  authorizerLatencyMs: '$context.authorizer.latency',
  authorizerStatus: '$context.authorizer.status',
  authorizerError: '$context.authorizer.error',
  error: '$context.error.responseType',
};

/** The stage `$default` of an API: limited, with an access log. The metrics of its routes are not bought: it has one. */
export class LoggedStage extends Construct {
  readonly accessLog: LogGroup;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, { api, throttle }: LoggedStageProps) {
    super(scope, id);
    this.accessLog = protectedLog(this, 'AccessLog', RetentionDays.THREE_MONTHS);
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
  }
}
