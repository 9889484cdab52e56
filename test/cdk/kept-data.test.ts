import { describe, expect, test } from '@jest/globals';
import { policySchema } from './support/policy-text.ts';
import { inRegions, synthesize } from './support/synthesize.ts';
import { valueText } from './support/value-text.ts';

const [stack] = synthesize();

describe('the spool', () => {
  const bucket = stack.at('Spool/Store/Bucket');

  test('never expires a batch: only verdicts, removed versions and broken uploads', () => {
    expect(bucket.properties['LifecycleConfiguration']).toEqual({
      Rules: [
        {
          Id: 'removed-objects',
          Status: 'Enabled',
          ExpiredObjectDeleteMarker: true,
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
        { Id: 'old-verdicts', Status: 'Enabled', Prefix: 'verdicts/', ExpirationInDays: 30 },
      ],
    });
  });

  test('announces its batches, and nothing else, to the queue that is ready for it', () => {
    const queue = stack.at('Spool/Replay/Queue');
    const policy = stack.at('Spool/Replay/Queue/Policy');

    expect(bucket.properties['NotificationConfiguration']).toEqual({
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'spool/' }] } },
          Queue: { 'Fn::GetAtt': [queue.id, 'Arn'] },
        },
      ],
    });
    expect(bucket.dependsOn).toContain(policy.id);
    const statements = policySchema.parse(policy.properties['PolicyDocument']).Statement;
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Effect: 'Allow',
        Action: ['sqs:SendMessage'],
        Principal: { Service: 's3.amazonaws.com' },
        Resource: { 'Fn::GetAtt': [queue.id, 'Arn'] },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::edgehouse-us-east-1-*' },
        },
      },
    ]);
  });

  test('is worked off by few at a time, a message at a time; what fails a hundred times is kept for a person', () => {
    expect(stack.at('Spool/Source').properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    const { properties } = stack.at('Spool/Replay/Queue');
    expect(properties).toMatchObject({
      VisibilityTimeout: 720,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 1000 },
    });
    expect(stack.at('Spool/Replay/DeadLetters').properties).toMatchObject({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });
});

describe('secrets', () => {
  test('never stand in the template: the operator writes them or Secrets Manager makes them', () => {
    const secrets = stack.ofType('AWS::SecretsManager::Secret').map(({ properties: { Description, ...rest } }) => rest);

    const generated = {
      SecretStringTemplate: '{"version":1}',
      GenerateStringKey: 'key',
      PasswordLength: 43,
      ExcludeCharacters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    };
    expect(secrets).toEqual([
      // No secret: it is kept like one.
      { Name: 'edgehouse/issuer-keys', SecretString: '{"active":"a"}' },
      { Name: 'edgehouse/clickhouse/writer' },
      { Name: 'edgehouse/clickhouse/inspector' },
      { Name: 'edgehouse/signing-master', GenerateSecretString: generated },
      { Name: 'edgehouse/akamai-edgegrid' },
      { Name: 'edgehouse/clickhouse/admin' },
      { Name: 'edgehouse/clickhouse/reader/analyst' },
      { Name: 'edgehouse/spool-key', GenerateSecretString: generated },
    ]);
  });

  test('that all regions need are replicated to them; each region seals its own spool', () => {
    const [primary, other] = synthesize({ config: inRegions('us-east-1', 'eu-west-1') });

    const replicas = primary
      .ofType('AWS::SecretsManager::Secret')
      .map(({ properties }) => [properties['Name'], properties['ReplicaRegions']]);
    expect(Object.fromEntries(replicas)).toEqual({
      'edgehouse/clickhouse/writer': [{ Region: 'eu-west-1' }],
      'edgehouse/clickhouse/inspector': [{ Region: 'eu-west-1' }],
      'edgehouse/signing-master': [{ Region: 'eu-west-1' }],
      'edgehouse/akamai-edgegrid': undefined,
      'edgehouse/clickhouse/admin': undefined,
      'edgehouse/clickhouse/reader/analyst': undefined,
      'edgehouse/issuer-keys': undefined,
      'edgehouse/spool-key': undefined,
    });
    expect(other?.ofType('AWS::SecretsManager::Secret').map(({ properties }) => properties['Name'])).toEqual([
      'edgehouse/spool-key',
    ]);
  });
});

describe('the keys that sign tokens', () => {
  test('begin with A, and no deploy writes over what a roll has made of that', () => {
    const { properties } = stack.at('Issuer/Keys');

    // The text never changes: then CloudFormation leaves the value alone.
    expect(properties).toMatchObject({ Name: 'edgehouse/issuer-keys', SecretString: '{"active":"a"}' });
  });

  test('are RSA keys that only the account itself administers', () => {
    for (const path of ['Issuer/KeyA', 'Issuer/KeyB']) {
      const { properties } = stack.at(path);

      expect(properties).toMatchObject({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
      const { Statement } = policySchema.parse(properties['KeyPolicy']);
      expect(Statement.map(({ Principal }) => Principal)).toEqual([{ AWS: expect.anything() }]);
      expect(valueText(principalOf(Statement[0]?.Principal), stack)).toBe('arn:aws:iam::<AWS::AccountId>:root');
    }
  });
});

function principalOf(principal: unknown): unknown {
  return typeof principal === 'object' && principal !== null && 'AWS' in principal ? principal.AWS : undefined;
}
