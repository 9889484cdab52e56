import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import type { FunctionName } from './bundle-function.ts';
import { CredentialRotation } from './credential-rotation.ts';
import { IngestApi } from './ingest-api.ts';
import { Issuer } from './issuer.ts';
import type { Preset } from './preset.ts';
import {
  EDGEGRID_SECRET,
  replicasIn,
  type SharedSecretArns,
  SharedSecrets,
  SIGNING_MASTER_SECRET,
} from './shared-secrets.ts';
import { SPOOL_KEY_SECRET, Spool } from './spool.ts';
import { stageThrottle } from './stage-throttle.ts';
import { TokenAuthorizer } from './token-authorizer.ts';
import { Watch } from './watch/watch.ts';

/** Each function's bundle: a folder with `index.mjs`. */
export type FunctionBundles = Readonly<Record<FunctionName, string>>;

export interface EdgehouseStackProps extends StackProps {
  readonly config: Config;
  readonly preset: Preset;
  readonly bundles: FunctionBundles;
  /** The stack of the first region, which alone issues tokens and rotates. @default this is it */
  readonly primary?: EdgehouseStack;
}

/** What the first region has for all. */
interface Shared {
  readonly issuerUrl: string;
  readonly secrets: SharedSecretArns;
  readonly functions: Readonly<Record<'issuer' | 'rotation', LambdaFunction>>;
}

/** The whole system in one region. */
export class EdgehouseStack extends Stack {
  readonly shared: Shared;

  constructor(scope: Construct, id: string, props: EdgehouseStackProps) {
    super(scope, id, props);
    const { config, preset, bundles, primary } = props;
    this.shared = primary === undefined ? this.#buildPrimary(props) : primary.shared;
    const { issuerUrl } = this.shared;
    const secrets = primary === undefined ? this.shared.secrets : replicasIn(this, this.shared.secrets);

    const spool = new Spool(this, 'Spool', { bundle: bundles.replay, secrets });
    const authorizer = new TokenAuthorizer(this, 'TokenAuthorizer', { bundle: bundles.authorizer, issuerUrl });
    const ingest = new IngestApi(this, 'IngestApi', {
      bundle: bundles.ingest,
      authorizer,
      secrets,
      spool,
      throttle: stageThrottle(config.streams),
    });
    const watch = new Watch(this, 'Watch', {
      ingestApi: ingest.api,
      functions: {
        authorizer: authorizer.function.lambda,
        ingest: ingest.function.lambda,
        replay: spool.function.lambda,
        ...(primary === undefined && this.shared.functions),
      },
      replayQueue: spool.replayQueue.queue,
      deadLetterQueue: spool.replayQueue.deadLetters,
      // Without an EdgeWorker there is no token whose life could be watched.
      refreshMinutes: config.edge.edgeWorkerIds.length > 0 ? config.edge.refreshMinutes : undefined,
      streams: Object.keys(config.streams),
      alarmsFor: preset,
    });

    this.#output('ApiUrl', 'Origin of the API: POST /v1/streams/{stream}/batches', ingest.api.apiEndpoint);
    this.#output('ApiId', 'Id of the API', ingest.api.apiId);
    this.#output('SpoolBucket', 'Keeps what ClickHouse could not take', spool.store.bucket.bucketName);
    this.#output('ReplayQueueUrl', 'What waits for replay', spool.replayQueue.queue.queueUrl);
    this.#output('DeadLetterQueueUrl', 'What replay gave up on', spool.replayQueue.deadLetters.queueUrl);
    this.#output('AlarmTopicArn', 'Subscribe here whoever is to be woken', watch.topic.topicArn);
    this.#output('SpoolKeySecretName', 'Generated', SPOOL_KEY_SECRET);
  }

  #buildPrimary({ config, bundles }: EdgehouseStackProps): Shared {
    const issuer = new Issuer(this, 'Issuer', { bundle: bundles.issuer });
    const secrets = new SharedSecrets(this, 'Secrets', config);
    const rotation = new CredentialRotation(this, 'CredentialRotation', {
      bundle: bundles.rotation,
      issuer,
      signingMaster: secrets.arns.signingMaster,
      edgeGrid: secrets.edgeGrid,
      refreshMinutes: config.edge.refreshMinutes,
    });
    this.#output('IssuerUrl', 'The token issuer: `iss` of every token', issuer.url);
    this.#output('IssuerApiId', 'Id of the API of the issuer', issuer.api.apiId);
    this.#output('WriterSecretName', 'The operator writes its value', config.clickhouse.secrets.writer);
    this.#output('InspectorSecretName', 'The operator writes its value', config.clickhouse.secrets.inspector);
    this.#output('EdgeGridSecretName', 'The operator writes its value', EDGEGRID_SECRET);
    this.#output('SigningMasterSecretName', 'Generated', SIGNING_MASTER_SECRET);
    this.#output('RefreshFunctionName', 'Pushes tokens to EdgeKV', rotation.function.lambda.functionName);
    return {
      issuerUrl: issuer.url,
      secrets: secrets.arns,
      functions: { issuer: issuer.function.lambda, rotation: rotation.function.lambda },
    };
  }

  #output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}
