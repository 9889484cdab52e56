import { FUNCTION_NAMES, type FunctionName } from '../deployed-functions.ts';
import { type Alarm, tailLog, type Watched } from './alarm.ts';

/** They run a few times an hour, or a month: one failure is a share. One call of the others may fail in passing. */
const RARE: readonly FunctionName[] = ['rotation', 'password-rotation'];

/** Do the functions run at all? */
export function functionAlarms({ logGroups, timeouts }: Watched): readonly Alarm[] {
  return FUNCTION_NAMES.flatMap((name) => {
    const [logGroup, timeoutSeconds] = [logGroups[name], timeouts[name]];
    if (logGroup === undefined || timeoutSeconds === undefined) return [];
    return [errors(name, logGroup), nearTimeout(name, logGroup, timeoutSeconds), throttles(name)];
  });
}

function errors(name: FunctionName, logGroup: string): Alarm {
  return {
    name: 'function-errors',
    member: name,
    title: `The function ${name} ends with an error or runs into its time limit.`,
    signal: { kind: 'metric', metric: { source: 'function', function: name, name: 'Errors' }, statistic: 'Sum' },
    periodSeconds: 300,
    fires: 'above',
    threshold: 0,
    badPeriods: RARE.includes(name) ? 1 : 2,
    ofPeriods: RARE.includes(name) ? 1 : 3,
    missing: 'good',
    cause: CAUSES[name],
    firstCommand: tailLog(logGroup, '30m', '?ERROR ?Error ?timeout'),
  };
}

function nearTimeout(name: FunctionName, logGroup: string, timeoutSeconds: number): Alarm {
  return {
    name: 'function-duration',
    member: name,
    title: `One call of the function ${name} in a hundred takes more than four fifths of its ${timeoutSeconds} s.`,
    signal: { kind: 'metric', metric: { source: 'function', function: name, name: 'Duration' }, statistic: 'p99' },
    periodSeconds: 300,
    fires: 'above',
    threshold: 0.8 * timeoutSeconds * 1_000,
    badPeriods: RARE.includes(name) ? 1 : 2,
    ofPeriods: RARE.includes(name) ? 1 : 3,
    missing: 'good',
    cause: SLOW[name],
    firstCommand: tailLog(logGroup, '30m', '?WARN ?timeout'),
  };
}

function throttles(name: FunctionName): Alarm {
  return {
    name: 'function-throttles',
    member: name,
    title: `Lambda turns calls of the function ${name} away.`,
    signal: { kind: 'metric', metric: { source: 'function', function: name, name: 'Throttles' }, statistic: 'Sum' },
    periodSeconds: 60,
    fires: 'above',
    threshold: 0,
    badPeriods: 3,
    ofPeriods: 5,
    missing: 'good',
    cause:
      "The account's concurrent executions in this region are used up, or those that are reserved for this function.",
    firstCommand: 'aws lambda get-account-settings --query AccountLimit',
  };
}

const CAUSES: Readonly<Record<FunctionName, string>> = {
  authorizer: 'The key set cannot be read (see key-set): such a caller gets 500.',
  ingest: 'A fault in ingest itself: what it expects to fail, it answers. Look for a deployment just before.',
  replay: 'A secret or the queue cannot be reached: batches stay in the queue and are tried again.',
  issuer:
    'It cannot read edgehouse/issuer-keys, or KMS gives no public key; authorizers go on with the keys they have, for an hour.',
  rotation: 'EdgeKV or KMS refused; the schedule tries again. See refresh-heartbeat.',
  'password-rotation': 'ClickHouse or Secrets Manager refused; the old password goes on. See password-rotation.',
};

const SLOW: Readonly<Record<FunctionName, string>> = {
  authorizer: 'The key set is read slowly: the issuer, or the network to it.',
  ingest: 'ClickHouse and then the spool use up their patience; or batches are too large for its CPU.',
  replay: 'ClickHouse is slow, and each of ten batches waits for it.',
  issuer: 'KMS or Secrets Manager is slow.',
  rotation: 'EdgeKV refuses or is slow: it tries again until the next refresh is due. See edge-pushes.',
  'password-rotation': 'ClickHouse wakes up slowly, or Secrets Manager is slow.',
};
