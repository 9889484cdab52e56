import { describe, expect, test } from '@jest/globals';
import { EVERY_PRESET } from './support/every-preset.ts';
import { rightsOf, trustOf } from './support/policy-text.ts';
import type { Synthesized } from './support/synthesize.ts';

// Which resources each of them is for is asserted of the stack that is tried out, in permissions.test.ts.

const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const SPOOL = ['kms:Decrypt', 'kms:GenerateDataKey', 's3:GetObject', 's3:ListBucket', 's3:PutObject'];
const SECRETS = ['secretsmanager:GetSecretValue'];
const SIGN = ['kms:GetPublicKey', 'kms:Sign'];
const QUEUE = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
];
const CALL = ['lambda:InvokeFunction'];

/** What the roles of a stack of the first region may do, where Secrets Manager keeps the secrets and our issuer makes the tokens. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  'TokenAuthorizer/Verifier/Role': LOG,
  'IngestApi/Ingest/Role': [...LOG, ...SPOOL, ...SECRETS],
  'Spool/Replayer/Role': [...LOG, ...SPOOL, 's3:DeleteObject', ...SECRETS, ...QUEUE],
  'Issuer/Documents/Role': [...LOG, 'kms:GetPublicKey', ...SECRETS],
  'CredentialRotation/Refresh/Role': [...LOG, ...SIGN, ...SECRETS, 'sqs:SendMessage'],
  'CredentialRotation/Schedule/Role': [...CALL, 'sqs:SendMessage'],
  'PasswordRotation/Rotate/Role': [
    ...LOG,
    ...SECRETS,
    'secretsmanager:DescribeSecret',
    'secretsmanager:ListSecretVersionIds',
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecretVersionStage',
  ],
  'PasswordRotation/AgeSchedule/Role': CALL,
  'Watch/LedgerSchedule/Role': CALL,
};

const ONLY_PRIMARY = /^(Issuer|CredentialRotation|PasswordRotation)\//;
const [authorizer, ingest, replay, refresh] = [
  'TokenAuthorizer/Verifier/Role',
  'IngestApi/Ingest/Role',
  'Spool/Replayer/Role',
  'CredentialRotation/Refresh/Role',
] as const;

/** What is other than usual, by preset. */
const OTHERWISE: Readonly<Record<string, (usual: typeof USUAL) => typeof USUAL>> = {
  // They log in to Vault with a token that the issuer's key signs.
  'with the secrets in Vault': (usual) => ({
    ...without(usual, /^PasswordRotation\//),
    [ingest]: [...(usual[ingest] ?? []), ...SIGN],
    [replay]: [...(usual[replay] ?? []), ...SIGN],
  }),
  // Somebody else signs.
  'with tokens of an external issuer': (usual) => ({
    ...usual,
    [refresh]: (usual[refresh] ?? []).filter((action) => !SIGN.includes(action)),
  }),
};

describe.each(EVERY_PRESET)('a stack %s', (preset, stacks) => {
  test('has exactly these actions for each function and schedule, in every region', () => {
    const usual = (OTHERWISE[preset] ?? ((same) => same))(USUAL);
    for (const stack of stacks) {
      const expected = stack === stacks[0] ? usual : without(usual, ONLY_PRIMARY);

      expect(actionsIn(stack)).toEqual(
        Object.fromEntries(Object.entries(expected).map(([path, list]) => [path, sorted(list)])),
      );
    }
  });

  test('gives the authorizer nothing but its log', () => {
    for (const stack of stacks) {
      expect(rightsOf(stack.at(authorizer), stack)).toEqual([
        'logs:CreateLogStream <TokenAuthorizer/Verifier/Log.Arn>',
        'logs:PutLogEvents <TokenAuthorizer/Verifier/Log.Arn>',
      ]);
    }
  });

  test('has no right outside a role, and no star but at the end of a prefix of the spool', () => {
    for (const stack of stacks) {
      const elsewhere = ['Policy', 'ManagedPolicy', 'UserPolicy', 'RolePolicy', 'User', 'Group', 'AccessKey'];
      expect(elsewhere.flatMap((type) => stack.ofType(`AWS::IAM::${type}`))).toEqual([]);
      const starred = rightsIn(stack).filter((right) => /[*?]/.test(right));
      expect(starred.filter((line) => !/^s3:(Get|Put|Delete)Object <.+>\/(spool|verdicts)\/\*$/.test(line))).toEqual(
        [],
      );
    }
  });

  test('lets one service take each role, the scheduler for schedules of this account only', () => {
    for (const stack of stacks) {
      for (const role of stack.ofType('AWS::IAM::Role')) {
        const scheduled = /Schedule\/Role$/.test(role.path);
        const Service = scheduled ? 'scheduler.amazonaws.com' : 'lambda.amazonaws.com';
        const trust = trustOf(role);
        expect([role.path, trust]).toMatchObject([
          role.path,
          [{ Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service } }],
        ]);
        if (!scheduled) continue;
        expect(trust[0]?.Condition).toMatchObject({
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' }, 'aws:SourceArn': expect.anything() },
        });
      }
    }
  });
});

function actionsIn(stack: Synthesized): Readonly<Record<string, readonly string[]>> {
  const roles = stack.ofType('AWS::IAM::Role');
  return Object.fromEntries(
    roles.map((role) => [role.path, sorted(rightsOf(role, stack).map((right) => right.split(' ')[0] ?? ''))]),
  );
}

function rightsIn(stack: Synthesized): readonly string[] {
  return stack.ofType('AWS::IAM::Role').flatMap((role) => rightsOf(role, stack));
}

function without(roles: typeof USUAL, paths: RegExp): typeof USUAL {
  return Object.fromEntries(Object.entries(roles).filter(([path]) => !paths.test(path)));
}

function sorted(actions: readonly string[]): readonly string[] {
  return [...new Set(actions)].sort();
}
