import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { EdgehouseFunction } from './edgehouse-function.ts';
import type { Issuer } from './issuer.ts';
import { readSecrets } from './read-secrets.ts';
import { IS_DEAD_LETTER_QUEUE } from './replay-queue.ts';

export interface CredentialRotationProps {
  readonly bundle: string;
  readonly issuer: Issuer;
  /** ARN of the secret that batch keys are derived from. */
  readonly signingMaster: string;
  /** ARN of the secret with the Akamai API client. */
  readonly edgeGrid: string;
  /** Minutes between two tokens. */
  readonly refreshMinutes: number;
}

/** Mints the EdgeWorkers' tokens anew and pushes them to EdgeKV, on a schedule. Only the primary region has it. */
export class CredentialRotation extends Construct {
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: CredentialRotationProps) {
    super(scope, id);
    const { issuer, signingMaster, edgeGrid, refreshMinutes } = props;
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(deadLetters).acknowledge(...IS_DEAD_LETTER_QUEUE);
    this.function = new EdgehouseFunction(this, 'Refresh', {
      bundle: props.bundle,
      description: 'Mints a token for each EdgeWorker and pushes it to EdgeKV',
      environment: {
        ISSUER_URL: issuer.url,
        ACTIVE_KEY: issuer.activeKey.keyArn,
        SIGNING_MASTER_SECRET: signingMaster,
        EDGEGRID_SECRET: edgeGrid,
      },
      permissions: [
        new PolicyStatement({ actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [issuer.activeKey.keyArn] }),
        readSecrets([signingMaster, edgeGrid]),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
      memorySize: 256,
      timeout: Duration.seconds(60),
      logRetention: RetentionDays.ONE_MONTH,
      // Scheduler hands over and is done: what the function fails at, Lambda retries twice and then puts here.
      deadLetterQueue: deadLetters,
    });
    this.#schedule(deadLetters, refreshMinutes);
  }

  #schedule(deadLetters: Queue, refreshMinutes: number): void {
    const { account } = Stack.of(this);
    const group = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    });
    const role = new Role(this, 'ScheduleRole', {
      description: 'Starts the refresh of edge tokens',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group } },
      }),
      inlinePolicies: {
        permissions: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: [this.function.lambda.functionArn],
            }),
            new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
          ],
        }),
      },
    });
    new CfnSchedule(this, 'Schedule', {
      description: 'edgehouse: tokens for EdgeWorkers',
      scheduleExpression: `rate(${refreshMinutes} ${refreshMinutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.lambda.functionArn,
        roleArn: role.roleArn,
        // After that the next one is due.
        retryPolicy: { maximumEventAgeInSeconds: refreshMinutes * 60, maximumRetryAttempts: 5 },
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    });
  }
}
