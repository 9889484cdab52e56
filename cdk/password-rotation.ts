import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { EdgehouseFunction } from './edgehouse-function.ts';
import type { Preset } from './preset.ts';
import { ScheduledCall } from './scheduled-call.ts';
import { SECRETS_MANAGER } from './secret-keeper.ts';

export interface PasswordRotationProps {
  readonly bundle: string;
  /** ARN of the secret of the ClickHouse account that may alter users. */
  readonly administrator: string;
  /** ARNs of the secrets whose passwords are replaced, by the id of the schedule. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Days between two passwords. */
  readonly days: number;
  /** The emulator knows no rotation schedules. */
  readonly preset: Preset;
}

/** Half a day: an age that is asked for once in any 24 hours is there twice. */
const AGE_MINUTES = 720;

/** Gives the ClickHouse accounts new passwords, on the schedules of Secrets Manager. Only the primary region has it. */
export class PasswordRotation extends Construct {
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: PasswordRotationProps) {
    super(scope, id);
    const { administrator, secrets, days, preset } = props;
    const arns = Object.values(secrets);
    const access = SECRETS_MANAGER.access({ ADMIN_SECRET: administrator });
    this.function = new EdgehouseFunction(this, 'Rotate', {
      bundle: props.bundle,
      description: 'Replaces the passwords of the ClickHouse accounts',
      environment: access.environment,
      permissions: [
        ...access.permissions,
        new PolicyStatement({
          actions: [
            'secretsmanager:DescribeSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:ListSecretVersionIds',
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecretVersionStage',
          ],
          resources: arns,
        }),
      ],
      memorySize: 256,
      // ClickHouse Cloud may have to wake first, which takes it a minute, and a step asks it several times.
      timeout: Duration.seconds(300),
      logRetention: RetentionDays.ONE_MONTH,
    });
    // The account alone, as the guide has it (Secrets Manager, "Permissions for rotation"): nothing says that an ARN comes along.
    this.function.lambda.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });
    if (preset === 'aws') this.#schedule(secrets, days);
    new ScheduledCall(this, 'AgeSchedule', {
      description: 'asks how old the passwords of ClickHouse are',
      function: this.function.lambda,
      everyMinutes: AGE_MINUTES,
      input: { ageOf: arns },
    });
  }

  #schedule(secrets: PasswordRotationProps['secrets'], days: number): void {
    for (const [id, secretId] of Object.entries(secrets)) {
      const schedule = new CfnRotationSchedule(this, id, {
        secretId,
        rotationLambdaArn: this.function.lambda.functionArn,
        // A stack may be deployed before its database. Secrets Manager still calls testSecret, to try the function out.
        rotateImmediatelyOnUpdate: false,
        // From midnight UTC for four hours, the shortest time between two rotations.
        rotationRules: { scheduleExpression: `rate(${days} ${days === 1 ? 'day' : 'days'})`, duration: '4h' },
      });
      // With its permission, without which the schedule is refused.
      schedule.node.addDependency(this.function);
    }
  }
}
