import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { refreshPatienceMinutes } from '../functions/rotation/retry-refresh.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';
import type { Issuer } from './issuer.ts';
import { IS_DEAD_LETTER_QUEUE } from './replay-queue.ts';
import { ScheduledCall } from './scheduled-call.ts';
import type { SecretKeeper } from './secret-keeper.ts';
import type { SharedSecrets } from './shared-secrets.ts';
import { signWith } from './sign-with.ts';

export interface CredentialRotationProps {
  readonly bundle: string;
  readonly issuer: Issuer;
  readonly keeper: SecretKeeper;
  readonly secrets: SharedSecrets;
  /** Minutes between two tokens. */
  readonly refreshMinutes: number;
}

/** Gets the EdgeWorkers new tokens and pushes them to EdgeKV, on a schedule. Only the primary region has it. */
export class CredentialRotation extends Construct {
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: CredentialRotationProps) {
    super(scope, id);
    const { issuer, keeper, secrets, refreshMinutes } = props;
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(deadLetters).acknowledge(...IS_DEAD_LETTER_QUEUE);
    const access = keeper.access({
      SIGNING_MASTER_SECRET: secrets.ids.signingMaster,
      EDGEGRID_SECRET: secrets.edgeGrid,
      ...(secrets.edgeClients !== undefined && { EDGE_CLIENTS_SECRET: secrets.edgeClients }),
    });
    // An external issuer makes the tokens otherwise.
    const signing = secrets.edgeClients === undefined ? signWith(issuer.keys) : undefined;
    this.function = new EdgehouseFunction(this, 'Refresh', {
      bundle: props.bundle,
      description: 'Gets a token for each EdgeWorker and pushes it to EdgeKV',
      environment: {
        ...access.environment,
        ...(signing && { ISSUER_URL: issuer.url, ...signing.environment }),
      },
      permissions: [
        ...(signing?.permissions ?? []),
        ...access.permissions,
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
      memorySize: 256,
      // It tries again by itself until the next refresh is due.
      timeout: Duration.minutes(refreshPatienceMinutes(refreshMinutes)),
      logRetention: RetentionDays.ONE_MONTH,
      // Scheduler hands over and is done: what the function fails at, Lambda retries twice and then puts here.
      deadLetterQueue: deadLetters,
    });
    new ScheduledCall(this, 'Schedule', {
      description: 'refreshes the tokens of EdgeWorkers',
      function: this.function.lambda,
      everyMinutes: refreshMinutes,
      deadLetters,
    });
  }
}
