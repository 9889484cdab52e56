import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import {
  ADMIN_SECRET,
  EDGE_CLIENTS_SECRET,
  EDGEGRID_SECRET,
  readerSecret,
  SIGNING_MASTER_SECRET,
  SPOOL_KEY_SECRET,
} from '../config/secret-names.ts';
import { ClickHouseAccounts } from './clickhouse-accounts.ts';
import { CredentialRotation } from './credential-rotation.ts';
import type { FunctionName } from './deployed-functions.ts';
import { IngestApi } from './ingest-api.ts';
import { Issuer } from './issuer.ts';
import { nameApi } from './name-api.ts';
import { PasswordRotation } from './password-rotation.ts';
import type { Preset } from './preset.ts';
import { applyProduction } from './production.ts';
import { SECRETS_MANAGER, type SecretKeeper, vault } from './secret-keeper.ts';
import { type SharedSecretIds, SharedSecrets, sharedIn } from './shared-secrets.ts';
import { Spool } from './spool.ts';
import { stageThrottle } from './stage-throttle.ts';
import { TokenAuthorizer } from './token-authorizer.ts';
import { warnIfOpen } from './warn-if-open.ts';
import type { PerFunction, PrimaryFunction } from './watch/alarm.ts';
import { certificatePrincipalsIn, serverCertificatesIn } from './watch/certificate-alarms.ts';
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
  readonly issuer: Issuer;
  readonly secrets: SharedSecretIds;
  readonly functions: Pick<PerFunction<LambdaFunction>, PrimaryFunction>;
}

/** The whole system in one region. */
export class EdgehouseStack extends Stack {
  readonly shared: Shared;

  constructor(scope: Construct, id: string, props: EdgehouseStackProps) {
    super(scope, id, props);
    const { config, preset, bundles, primary } = props;
    this.shared = primary === undefined ? this.#buildPrimary(props) : primary.shared;
    const { issuer } = this.shared;
    const keeper = keeperOf(config, issuer);
    const secrets = primary === undefined ? this.shared.secrets : sharedIn(this, this.shared.secrets, keeper);

    const spool = new Spool(this, 'Spool', { bundle: bundles.replay, keeper, secrets });
    const authorizer = new TokenAuthorizer(this, 'TokenAuthorizer', {
      bundle: bundles.authorizer,
      issuerUrl: issuer.url,
      mtls: config.domain?.mtls === true,
    });
    const throttle = stageThrottle(config);
    const ingest = new IngestApi(this, 'IngestApi', {
      bundle: bundles.ingest,
      authorizer,
      keeper,
      secrets,
      spool,
      throttle,
      domainOnly: config.domain !== undefined,
    });
    const functions = {
      authorizer: authorizer.function.lambda,
      ingest: ingest.function.lambda,
      replay: spool.function.lambda,
      ...(primary === undefined && this.shared.functions),
    };
    const watch = new Watch(this, 'Watch', {
      ingestApi: ingest.api,
      accessLog: ingest.accessLog,
      functions,
      replayQueue: spool.replayQueue.queue,
      deadLetterQueue: spool.replayQueue.deadLetters,
      // Without an EdgeWorker there is no token whose life could be watched.
      refreshMinutes: config.edge.edgeWorkerIds.length > 0 ? config.edge.refreshMinutes : undefined,
      networks: config.edge.networks,
      rotateDays: config.clickhouse.rotateDays,
      streams: Object.keys(config.streams),
      certificatePrincipals: certificatePrincipalsIn(config.principals),
      serverCertificates: serverCertificatesIn(config.domain, this.region),
      preset,
    });
    if (config.production !== undefined) {
      applyProduction(this, config.production, {
        functions,
        alarmTopics: [watch.topics.informs, watch.topics.pages],
        burst: throttle.burstLimit,
      });
    }
    // Once: what leaves one region open leaves all of them.
    if (primary === undefined) warnIfOpen(this, config);

    const origin = config.domain === undefined ? ingest.api.apiEndpoint : `https://${config.domain.name}`;
    this.#output('ApiUrl', 'Origin of the API: POST /v1/streams/{stream}/batches', origin);
    this.#nameApi(props, ingest);
    this.#output('ApiId', 'Id of the API', ingest.api.apiId);
    this.#output('SpoolBucket', 'Keeps what ClickHouse could not take', spool.store.bucket.bucketName);
    this.#output('ReplayQueueUrl', 'What waits for replay', spool.replayQueue.queue.queueUrl);
    this.#output('DeadLetterQueueUrl', 'What replay gave up on', spool.replayQueue.deadLetters.queueUrl);
    this.#output(
      'AlarmTopicArn',
      'Every alarm goes here: subscribe a mailbox or a channel',
      watch.topics.informs.topicArn,
    );
    this.#output('PageTopicArn', 'Subscribe here whoever is to be woken', watch.topics.pages.topicArn);
    if (config.secrets === 'aws') this.#output('SpoolKeySecretName', 'Generated', SPOOL_KEY_SECRET);
  }

  /** The emulator knows no domain names. */
  #nameApi({ config: { domain }, preset }: EdgehouseStackProps, { api, stage }: IngestApi): void {
    if (domain === undefined || preset === 'emulator') return;
    const targets = nameApi(this, domain, { api, stage });
    for (const [id, target] of Object.entries(targets)) {
      this.#output(id, 'What the DNS record of the name points at', target);
    }
  }

  #buildPrimary(props: EdgehouseStackProps): Shared {
    const { config, bundles } = props;
    const issuer = new Issuer(this, 'Issuer', { bundle: bundles.issuer });
    const keeper = keeperOf(config, issuer);
    const secrets = new SharedSecrets(this, 'Secrets', config, keeper);
    const rotation = new CredentialRotation(this, 'CredentialRotation', {
      bundle: bundles.rotation,
      issuer,
      keeper,
      secrets,
      refreshMinutes: config.edge.refreshMinutes,
    });
    this.#output('IssuerUrl', 'The token issuer: `iss` of every token', issuer.url);
    this.#output('IssuerApiId', 'Id of the API of the issuer', issuer.api.apiId);
    this.#output('RefreshFunctionName', 'Pushes tokens to EdgeKV', rotation.function.lambda.functionName);
    const functions = { issuer: issuer.function.lambda, rotation: rotation.function.lambda };
    const shared = { issuer, secrets: secrets.ids, functions };
    if (config.secrets !== 'aws') return shared;
    return { ...shared, functions: { ...functions, 'password-rotation': this.#rotatePasswords(props, secrets.ids) } };
  }

  #rotatePasswords({ config, preset, bundles }: EdgehouseStackProps, secrets: SharedSecretIds): LambdaFunction {
    const { administrator, readers } = new ClickHouseAccounts(this, 'Accounts', config);
    const rotation = new PasswordRotation(this, 'PasswordRotation', {
      bundle: bundles['password-rotation'],
      administrator,
      secrets: {
        Writer: secrets.writer,
        Inspector: secrets.inspector,
        ...Object.fromEntries(Object.entries(readers).map(([principal, arn]) => [`Reader-${principal}`, arn])),
      },
      days: config.clickhouse.rotateDays,
      preset,
    });
    const { functionName } = rotation.function.lambda;
    this.#output('PasswordRotationFunctionName', 'Replaces the passwords of ClickHouse', functionName);
    this.#nameSecrets(config, Object.keys(readers));
    return rotation.function.lambda;
  }

  #nameSecrets({ clickhouse, edge }: Config, readers: readonly string[]): void {
    this.#output('WriterSecretName', 'The operator writes its first value', clickhouse.secrets.writer);
    this.#output('InspectorSecretName', 'The operator writes its first value', clickhouse.secrets.inspector);
    this.#output('AdminSecretName', 'The operator writes its value', ADMIN_SECRET);
    this.#output('EdgeGridSecretName', 'The operator writes its value', EDGEGRID_SECRET);
    this.#output('SigningMasterSecretName', 'Generated', SIGNING_MASTER_SECRET);
    if (edge.tokens !== 'builtin') {
      this.#output('EdgeClientsSecretName', 'The operator writes its value', EDGE_CLIENTS_SECRET);
    }
    if (readers.length > 0) {
      const names = readers.map(readerSecret).join(',');
      this.#output('ReaderSecretNames', 'The operator writes their first values; divided by commas', names);
    }
  }

  #output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}

function keeperOf({ secrets }: Config, { url, keys }: Issuer): SecretKeeper {
  return secrets === 'aws' ? SECRETS_MANAGER : vault({ url, keys });
}
