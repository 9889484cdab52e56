import { HttpApi, HttpMethod, type ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';
import { LoggedStage } from './http-stage.ts';
import { readSecrets } from './read-secrets.ts';
import type { SharedSecretArns } from './shared-secrets.ts';
import type { Spool } from './spool.ts';
import type { ObjectRights } from './spool-bucket.ts';

/** Reads what lies there already when a batch is sent again. */
const INGEST_RIGHTS: ObjectRights = { [SPOOL_PREFIX]: ['s3:GetObject', 's3:PutObject'] };

import type { TokenAuthorizer } from './token-authorizer.ts';

export interface IngestApiProps {
  readonly bundle: string;
  readonly authorizer: TokenAuthorizer;
  readonly secrets: SharedSecretArns;
  readonly spool: Spool;
  /** What all senders together may send, in requests; beyond it they get 429. */
  readonly throttle: Required<ThrottleSettings>;
}

/** The front door: one route, an authorizer before it and ingest behind it. */
export class IngestApi extends Construct {
  readonly api: HttpApi;
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: IngestApiProps) {
    super(scope, id);
    const { secrets, spool } = props;
    const { bucket } = spool.store;
    this.function = new EdgehouseFunction(this, 'Ingest', {
      bundle: props.bundle,
      description: 'Checks a batch and stores it in ClickHouse, or spools it',
      environment: {
        WRITER_SECRET: secrets.writer,
        INSPECTOR_SECRET: secrets.inspector,
        SIGNING_MASTER_SECRET: secrets.signingMaster,
        SPOOL_KEY_SECRET: spool.keySecret,
        SPOOL_BUCKET: bucket.bucketName,
      },
      permissions: [
        readSecrets([secrets.writer, secrets.inspector, secrets.signingMaster, spool.keySecret]),
        ...spool.store.access(INGEST_RIGHTS),
      ],
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
    });
    this.api.addRoutes({
      path: '/v1/streams/{stream}/batches',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Ingest', this.function.lambda),
      authorizer: props.authorizer.authorizer,
    });
    new LoggedStage(this, 'Default', { api: this.api, throttle: props.throttle });
  }
}
