import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

export interface ScheduledCallProps {
  readonly description: string;
  readonly function: IFunction;
  readonly everyMinutes: number;
  /** What the function gets. @default what Scheduler makes of it */
  readonly input?: object;
  /** Where a call goes that Lambda did not take. @default nowhere */
  readonly deadLetters?: IQueue;
}

/** Calls a function again and again, by EventBridge Scheduler. */
export class ScheduledCall extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledCallProps) {
    super(scope, id);
    const { function: called, everyMinutes, input, deadLetters } = props;
    const { account } = Stack.of(this);
    const group = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    });
    const statements = [
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [called.functionArn] }),
      ...(deadLetters === undefined
        ? []
        : [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] })]),
    ];
    const role = new Role(this, 'Role', {
      description: props.description,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group } },
      }),
      inlinePolicies: { permissions: new PolicyDocument({ statements }) },
    });
    new CfnSchedule(this, 'Resource', {
      description: `edgehouse: ${props.description}`,
      scheduleExpression: `rate(${everyMinutes} ${everyMinutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: called.functionArn,
        roleArn: role.roleArn,
        // After that the next one is due.
        retryPolicy: { maximumEventAgeInSeconds: everyMinutes * 60, maximumRetryAttempts: 5 },
        ...(input !== undefined && { input: Stack.of(this).toJsonString(input) }),
        ...(deadLetters !== undefined && { deadLetterConfig: { arn: deadLetters.queueArn } }),
      },
    });
  }
}
