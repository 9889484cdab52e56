import { describe, expect, test } from '@jest/globals';
import { rightsOf } from './support/policy-text.ts';
import { synthesize } from './support/synthesize.ts';
import { valueText } from './support/value-text.ts';

const [stack] = synthesize();

/** Every role of the stack, and all that it may do. */
const RIGHTS = {
  'TokenAuthorizer/Verifier/Role': [
    'logs:CreateLogStream <TokenAuthorizer/Verifier/Log.Arn>',
    'logs:PutLogEvents <TokenAuthorizer/Verifier/Log.Arn>',
  ],
  'IngestApi/Ingest/Role': [
    'kms:Decrypt <Spool/Store/Key.Arn>',
    'kms:GenerateDataKey <Spool/Store/Key.Arn>',
    'logs:CreateLogStream <IngestApi/Ingest/Log.Arn>',
    'logs:PutLogEvents <IngestApi/Ingest/Log.Arn>',
    's3:GetObject <Spool/Store/Bucket.Arn>/spool/*',
    's3:ListBucket <Spool/Store/Bucket.Arn>',
    's3:PutObject <Spool/Store/Bucket.Arn>/spool/*',
    'secretsmanager:GetSecretValue <Secrets/Inspector.Id>',
    'secretsmanager:GetSecretValue <Secrets/SigningMaster.Id>',
    'secretsmanager:GetSecretValue <Secrets/Writer.Id>',
    'secretsmanager:GetSecretValue <Spool/SealingKey.Id>',
  ],
  'Spool/Replayer/Role': [
    'kms:Decrypt <Spool/Store/Key.Arn>',
    'kms:GenerateDataKey <Spool/Store/Key.Arn>',
    'logs:CreateLogStream <Spool/Replayer/Log.Arn>',
    'logs:PutLogEvents <Spool/Replayer/Log.Arn>',
    's3:DeleteObject <Spool/Store/Bucket.Arn>/spool/*',
    's3:GetObject <Spool/Store/Bucket.Arn>/spool/*',
    's3:GetObject <Spool/Store/Bucket.Arn>/verdicts/*',
    's3:ListBucket <Spool/Store/Bucket.Arn>',
    's3:PutObject <Spool/Store/Bucket.Arn>/verdicts/*',
    'secretsmanager:GetSecretValue <Secrets/Inspector.Id>',
    'secretsmanager:GetSecretValue <Secrets/Writer.Id>',
    'secretsmanager:GetSecretValue <Spool/SealingKey.Id>',
    'sqs:ChangeMessageVisibility <Spool/Replay/Queue.Arn>',
    'sqs:DeleteMessage <Spool/Replay/Queue.Arn>',
    'sqs:GetQueueAttributes <Spool/Replay/Queue.Arn>',
    'sqs:ReceiveMessage <Spool/Replay/Queue.Arn>',
    'sqs:SendMessage <Spool/Replay/DeadLetters.Arn>',
  ],
  'Issuer/Documents/Role': [
    'kms:GetPublicKey <Issuer/KeyA.Arn>',
    'kms:GetPublicKey <Issuer/KeyB.Arn>',
    'logs:CreateLogStream <Issuer/Documents/Log.Arn>',
    'logs:PutLogEvents <Issuer/Documents/Log.Arn>',
    'secretsmanager:GetSecretValue <Issuer/Keys.Id>',
  ],
  'CredentialRotation/Refresh/Role': [
    'kms:GetPublicKey <Issuer/KeyA.Arn>',
    'kms:GetPublicKey <Issuer/KeyB.Arn>',
    'kms:Sign <Issuer/KeyA.Arn>',
    'kms:Sign <Issuer/KeyB.Arn>',
    'logs:CreateLogStream <CredentialRotation/Refresh/Log.Arn>',
    'logs:PutLogEvents <CredentialRotation/Refresh/Log.Arn>',
    'secretsmanager:GetSecretValue <Issuer/Keys.Id>',
    'secretsmanager:GetSecretValue <Secrets/EdgeGrid.Id>',
    'secretsmanager:GetSecretValue <Secrets/SigningMaster.Id>',
    'sqs:SendMessage <CredentialRotation/DeadLetters.Arn>',
  ],
  'CredentialRotation/Schedule/Role': [
    'lambda:InvokeFunction <CredentialRotation/Refresh/Function.Arn>',
    'sqs:SendMessage <CredentialRotation/DeadLetters.Arn>',
  ],
  'PasswordRotation/Rotate/Role': [
    'logs:CreateLogStream <PasswordRotation/Rotate/Log.Arn>',
    'logs:PutLogEvents <PasswordRotation/Rotate/Log.Arn>',
    'secretsmanager:DescribeSecret <Accounts/Reader-analyst.Id>',
    'secretsmanager:DescribeSecret <Secrets/Inspector.Id>',
    'secretsmanager:DescribeSecret <Secrets/Writer.Id>',
    'secretsmanager:GetSecretValue <Accounts/Administrator.Id>',
    'secretsmanager:GetSecretValue <Accounts/Reader-analyst.Id>',
    'secretsmanager:GetSecretValue <Secrets/Inspector.Id>',
    'secretsmanager:GetSecretValue <Secrets/Writer.Id>',
    'secretsmanager:ListSecretVersionIds <Accounts/Reader-analyst.Id>',
    'secretsmanager:ListSecretVersionIds <Secrets/Inspector.Id>',
    'secretsmanager:ListSecretVersionIds <Secrets/Writer.Id>',
    'secretsmanager:PutSecretValue <Accounts/Reader-analyst.Id>',
    'secretsmanager:PutSecretValue <Secrets/Inspector.Id>',
    'secretsmanager:PutSecretValue <Secrets/Writer.Id>',
    'secretsmanager:UpdateSecretVersionStage <Accounts/Reader-analyst.Id>',
    'secretsmanager:UpdateSecretVersionStage <Secrets/Inspector.Id>',
    'secretsmanager:UpdateSecretVersionStage <Secrets/Writer.Id>',
  ],
  'Watch/LedgerSchedule/Role': ['lambda:InvokeFunction <Spool/Replayer/Function.Arn>'],
  'PasswordRotation/AgeSchedule/Role': ['lambda:InvokeFunction <PasswordRotation/Rotate/Function.Arn>'],
};

describe('permissions', () => {
  test('of every role are exactly these', () => {
    const roles = stack.ofType('AWS::IAM::Role');

    const rights = Object.fromEntries(roles.map((role) => [role.path, rightsOf(role, stack)]));

    expect(rights).toEqual(RIGHTS);
  });

  test('of nothing but the rotation of passwords reach the administrator of ClickHouse or a reader', () => {
    const readers = stack
      .ofType('AWS::IAM::Role')
      .filter((role) => rightsOf(role, stack).some((right) => right.includes('<Accounts/')));

    expect(readers.map(({ path }) => path)).toEqual(['PasswordRotation/Rotate/Role']);
  });

  test('to call a function are for one route or authorizer of one API, or for Secrets Manager in this account', () => {
    const permissions = stack.ofType('AWS::Lambda::Permission').map(({ properties }) => ({
      callee: valueText(properties['FunctionName'], stack),
      caller: callerOf(properties),
    }));

    expect(permissions).toEqual([
      { callee: '<Issuer/Documents/Function.Arn>', caller: '<Issuer/Api>/*/*/.well-known/openid-configuration' },
      { callee: '<Issuer/Documents/Function.Arn>', caller: '<Issuer/Api>/*/*/.well-known/jwks.json' },
      {
        callee: '<PasswordRotation/Rotate/Function.Arn>',
        caller: 'secretsmanager.amazonaws.com of <AWS::AccountId>',
      },
      {
        callee: '<IngestApi/Ingest/Function.Arn>',
        caller: '<IngestApi/Api>/*/*/v1/streams/{stream}/batches',
      },
      {
        callee: '<TokenAuthorizer/Verifier/Function.Arn>',
        caller: '<IngestApi/Api>/authorizers/<IngestApi/Api/Token>',
      },
    ]);
  });
});

/** The ARN of an API's part, or a service and its account. */
function callerOf({ SourceArn, SourceAccount, Principal }: Readonly<Record<string, unknown>>): string {
  if (SourceArn === undefined) return `${Principal} of ${valueText(SourceAccount, stack)}`;
  return valueText(SourceArn, stack).replace(/^.*execute-api:us-east-1:<AWS::AccountId>:/, '');
}
