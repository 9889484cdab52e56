import { CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { type Stack, Validations } from 'aws-cdk-lib/core';
import type { Config } from '../config/schema.ts';
import { FUNCTION_NAMES, type FunctionName } from './deployed-functions.ts';

const NO_REDRIVE = {
  id: 'Serverless-SNSRedrivePolicy',
  reason:
    'SNS tries a mailbox again by itself, and CloudWatch shows the alarm meanwhile: nobody would read a queue of old ones.',
};

/** For authorizer and ingest each. An account has 1,000 in a region, 100 of them must stay free, and the other functions have 113. */
const MOST_BY_DEFAULT = 350;

type Production = NonNullable<Config['production']>;

export interface ProductionParts {
  /** Those of this region. */
  readonly functions: Readonly<Partial<Record<FunctionName, LambdaFunction>>>;
  /** All of them. */
  readonly alarmTopics: readonly ITopic[];
  /** Requests that the API lets in at once. */
  readonly burst: number;
}

/** All that `production` of the config adds to a stack, but for the throttle and what ingest asks of each request. */
export function applyProduction(
  stack: Stack,
  { reservedConcurrency, alarmsTo = [] }: Production,
  { functions, alarmTopics, burst }: ProductionParts,
): void {
  stack.terminationProtection = true;
  const executions = executionsOf(reservedConcurrency, burst);
  for (const name of FUNCTION_NAMES) reserve(functions[name], executions?.[name]);
  for (const address of alarmsTo === 'elsewhere' ? [] : alarmsTo) {
    for (const topic of alarmTopics) {
      Validations.of(topic.addSubscription(new EmailSubscription(address))).acknowledge(NO_REDRIVE);
    }
  }
}

function executionsOf(
  reserved: Production['reservedConcurrency'],
  burst: number,
): Readonly<Record<FunctionName, number>> | undefined {
  if (reserved === 'none') return undefined;
  const usual = Math.min(burst, MOST_BY_DEFAULT);
  const { authorizer = usual, ingest = usual, ...others } = reserved;
  return { authorizer, ingest, ...others };
}

function reserve(lambda: LambdaFunction | undefined, executions: number | undefined): void {
  if (lambda === undefined || executions === undefined) return;
  const { defaultChild } = lambda.node;
  if (!(defaultChild instanceof CfnFunction)) throw new TypeError('The resource of a Function is not a CfnFunction.');
  defaultChild.reservedConcurrentExecutions = executions;
}
