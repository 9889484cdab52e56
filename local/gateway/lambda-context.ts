import type { Context } from 'aws-lambda';

/**
 * The second argument of a Lambda handler. nodejs24.x has no callback style any more: what belonged to it throws.
 *
 * @param deadline milliseconds since the epoch at which nobody waits for the answer any longer
 * @param now milliseconds since the epoch
 */
export function lambdaContext(requestId: string, deadline: number, now: () => number): Context {
  return {
    awsRequestId: requestId,
    functionName: 'local',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:local',
    memoryLimitInMB: '1024',
    logGroupName: '/aws/lambda/local',
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
    done: refuseCallbackStyle,
    fail: refuseCallbackStyle,
    succeed: refuseCallbackStyle,
  };
}

function refuseCallbackStyle(): never {
  throw new TypeError('nodejs24.x has no context.done, fail or succeed. Next: return or throw from an async handler.');
}
