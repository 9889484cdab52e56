import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { type Duration, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { protectedLog } from './protected-log.ts';

export interface EdgehouseFunctionProps {
  /** The bundle: a folder with `index.mjs`, which exports `handler`. */
  readonly bundle: string;
  readonly description: string;
  /** Deploy-time values (ARNs, URLs); never a secret. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** All that it may do besides writing its own log. @default nothing */
  readonly permissions?: readonly PolicyStatement[];
  /** MB; CPU grows with it. */
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly logRetention: RetentionDays;
  /** Where an event goes that failed for good; only for what is invoked asynchronously. @default none */
  readonly deadLetterQueue?: IQueue;
}

/** A Lambda function of ours: its bundle, a role of its own with exactly its permissions, and a log group of its own. */
export class EdgehouseFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: EdgehouseFunctionProps) {
    super(scope, id);
    // Kept when the stack goes: log groups hold audit lines.
    const logGroup = protectedLog(this, 'Log', props.logRetention);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${id} may do`,
      inlinePolicies: {
        // In the role itself: an event source that is made right after the role already finds the permissions.
        permissions: new PolicyDocument({ statements: [writeLog(logGroup), ...(props.permissions ?? [])] }),
      },
    });
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(props.bundle),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize,
      timeout: props.timeout,
      // Immutable, or the library would add broader statements of its own.
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // A timeout or a crash is said at this level; the three platform lines of each good request are not.
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.environment !== undefined && { environment: { ...props.environment } }),
      ...(props.deadLetterQueue !== undefined && { deadLetterQueue: props.deadLetterQueue }),
    });
    Validations.of(this.lambda).acknowledge(
      NO_TRACING,
      ...(props.deadLetterQueue === undefined ? [CALLED_DIRECTLY] : []),
    );
  }
}

const NO_TRACING = {
  id: 'Serverless-LambdaTracing',
  reason:
    'X-Ray takes a right on every resource, and its SDKs are in maintenance; log lines and metrics are joined by request id.',
};

const CALLED_DIRECTLY = {
  id: 'Serverless-LambdaDLQ',
  reason:
    'API Gateway, event sources and Secrets Manager wait for its answer. What a schedule asks for has an alarm that takes silence for trouble.',
};

function writeLog(logGroup: LogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}
