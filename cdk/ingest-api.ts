import { HttpApi, HttpMethod, type HttpStage, type ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { principalKeyVariable } from '../functions/shared/principal-key.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';
import { LoggedStage } from './http-stage.ts';
import type { SecretKeeper } from './secret-keeper.ts';
import type { SharedSecretIds } from './shared-secrets.ts';
import type { Spool } from './spool.ts';
import type { ObjectRights } from './spool-bucket.ts';
import type { TokenAuthorizer } from './token-authorizer.ts';

/** Reads what lies there already when a batch is sent again. */
const INGEST_RIGHTS: ObjectRights = { [SPOOL_PREFIX]: ['s3:GetObject', 's3:PutObject'] };

export interface IngestApiProps {
  readonly bundle: string;
  readonly authorizer: TokenAuthorizer;
  readonly keeper: SecretKeeper;
  readonly secrets: SharedSecretIds;
  readonly spool: Spool;
  /** What all senders together may send, in requests; beyond it they get 429. */
  readonly throttle: Required<ThrottleSettings>;
  /** It has a domain of its own, which nobody may get around: the address that AWS gives it is off then. */
  readonly domainOnly: boolean;
}

/** The front door: one route, an authorizer before it and ingest behind it. */
export class IngestApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly accessLog: LogGroup;
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: IngestApiProps) {
    super(scope, id);
    const { keeper, secrets, spool } = props;
    const access = keeper.access({
      WRITER_SECRET: secrets.writer,
      INSPECTOR_SECRET: secrets.inspector,
      SIGNING_MASTER_SECRET: secrets.signingMaster,
      SPOOL_KEY_SECRET: spool.keySecret,
      ...Object.fromEntries(
        Object.entries(secrets.principalKeys).map(([principal, key]) => [principalKeyVariable(principal), key]),
      ),
    });
    this.function = new EdgehouseFunction(this, 'Ingest', {
      bundle: props.bundle,
      description: 'Checks a batch and stores it in ClickHouse, or spools it',
      environment: { ...access.environment, SPOOL_BUCKET: spool.store.bucket.bucketName },
      permissions: [...access.permissions, ...spool.store.access(INGEST_RIGHTS)],
      memorySize: 1024,
      timeout: Duration.seconds(15),
      // Audit lines: what was taken and refused, a year and a month back.
      logRetention: RetentionDays.THIRTEEN_MONTHS,
    });
    spool.store.acknowledge(this.function, INGEST_RIGHTS);
    // No CORS: browsers post to /collect at the edge. No other route, so that nothing reaches ingest past the authorizer.
    this.api = new HttpApi(this, 'Api', {
      description: 'edgehouse: batches of rows from EdgeWorkers',
      createDefaultStage: false,
      ...(props.domainOnly && { disableExecuteApiEndpoint: true }),
    });
    this.api.addRoutes({
      path: '/v1/streams/{stream}/batches',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Ingest', this.function.lambda),
      authorizer: props.authorizer.authorizer,
    });
    const { stage, accessLog } = new LoggedStage(this, 'Default', { api: this.api, throttle: props.throttle });
    this.stage = stage;
    this.accessLog = accessLog;
  }
}
