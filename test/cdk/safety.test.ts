import { describe, expect, test } from '@jest/globals';
import { EVERY_STACK } from './support/every-preset.ts';
import { policySchema, type Statement } from './support/policy-text.ts';
import type { Resource, Synthesized } from './support/synthesize.ts';
import { valueText } from './support/value-text.ts';

// What must hold of every resource, whatever the config asks for: a preset that forgets it, or a resource that comes new, fails here.

/** Without state of its own, or judged elsewhere: rights in permissions.test.ts, alarms in watch.test.ts. */
const WITHOUT_RULE = [
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::Role',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Permission',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::SNS::Subscription',
  'AWS::Scheduler::Schedule',
  'AWS::SecretsManager::RotationSchedule',
];

const MASKED_BY_POLICY = { Name: 'edgehouse', Version: '2021-06-01' };

/** By type, what a resource of it must be. */
const RULES: Readonly<Record<string, (resource: Resource, stack: Synthesized) => void>> = {
  'AWS::S3::Bucket': (bucket, stack) => {
    expect(bucket.properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: expect.anything() },
          },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    expectKept(bucket);
    const statements = policyOf('AWS::S3::BucketPolicy', 'Bucket', bucket, stack);
    expectDenied(statements, 's3:*', { Bool: { 'aws:SecureTransport': 'false' } });
    expectDenied(statements, 's3:*', { NumericLessThan: { 's3:TlsVersion': 1.2 } });
    expectNobodyElse(statements, []);
  },
  'AWS::SQS::Queue': (queue, stack) => {
    expect(queue.properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    const statements = policyOf('AWS::SQS::QueuePolicy', 'Queues', queue, stack);
    expectDenied(statements, 'sqs:*', { Bool: { 'aws:SecureTransport': 'false' } });
    expectNobodyElse(statements, ['s3.amazonaws.com']);
  },
  'AWS::SNS::Topic': (topic, stack) => {
    expect(valueText(topic.properties['KmsMasterKeyId'], stack)).toMatch(/^<Watch\/.*Key\.Arn>$/);
    const statements = policyOf('AWS::SNS::TopicPolicy', 'Topics', topic, stack);
    expectDenied(statements, 'sns:Publish', { Bool: { 'aws:SecureTransport': 'false' } });
    expectNobodyElse(statements, ['cloudwatch.amazonaws.com']);
  },
  'AWS::Logs::LogGroup': (group) => {
    expect([group.path, group.properties['RetentionInDays']]).toEqual([group.path, daysOf(group)]);
    expect(group.properties['DataProtectionPolicy']).toMatchObject(MASKED_BY_POLICY);
    // CloudWatch Logs encrypts every group by itself, with a key of its own.
    expectKept(group);
  },
  'AWS::KMS::Key': (key, stack) => {
    const { KeySpec, EnableKeyRotation, KeyPolicy } = key.properties;
    // KMS renews symmetric keys only; those of the issuer are rolled (docs/rotation.md).
    expect([KeySpec, EnableKeyRotation]).toEqual(KeySpec === undefined ? [undefined, true] : ['RSA_2048', undefined]);
    const [root, ...others] = policySchema.parse(KeyPolicy).Statement;
    expect(valueText(accountOf(root), stack)).toBe('arn:aws:iam::<AWS::AccountId>:root');
    expectNobodyElse(others, ['cloudwatch.amazonaws.com']);
    // Notices are encrypted with it on their way; nothing lies anywhere under it.
    if (!key.path.startsWith('Watch/')) expectKept(key);
  },
  'AWS::SecretsManager::Secret': (secret) => {
    expect(Object.keys(secret.properties).filter((name) => name === 'SecretString')).toEqual(
      // No secret: which of two keys signs.
      secret.path === 'Issuer/Keys' ? ['SecretString'] : [],
    );
    expectKept(secret);
  },
  'AWS::Lambda::Function': (lambda) => {
    expect(lambda.properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': [expect.any(String), 'Arn'] },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', LogGroup: { Ref: expect.any(String) } },
    });
    expect(lambda.properties).not.toHaveProperty('Layers');
  },
  'AWS::ApiGatewayV2::Api': (api, stack) => {
    expect(api.properties).not.toHaveProperty('CorsConfiguration');
    const named = stack.outputs['ApiUrl'] === 'https://events.example.com' && api.path === 'IngestApi/Api';
    expect(api.properties['DisableExecuteApiEndpoint']).toBe(named ? true : undefined);
  },
  'AWS::ApiGatewayV2::Stage': ({ properties }) => {
    expect(properties).toMatchObject({
      StageName: '$default',
      AccessLogSettings: { DestinationArn: expect.anything(), Format: expect.any(String) },
      DefaultRouteSettings: {
        ThrottlingRateLimit: expect.any(Number),
        ThrottlingBurstLimit: expect.any(Number),
      },
    });
  },
  'AWS::ApiGatewayV2::DomainName': ({ properties }) => {
    expect(properties).toMatchObject({ DomainNameConfigurations: [{ SecurityPolicy: 'TLS_1_2' }] });
  },
  // Judged with what they protect.
  'AWS::S3::BucketPolicy': () => undefined,
  'AWS::SQS::QueuePolicy': () => undefined,
  'AWS::SNS::TopicPolicy': () => undefined,
};

describe.each(EVERY_STACK)('%s', (_preset, stack) => {
  test.each(Object.entries(RULES))('every %s is as it must be', (type, rule) => {
    for (const resource of stack.ofType(type)) rule(resource, stack);
  });

  test('nothing is there of which nobody has said what it must be', () => {
    const types = new Set(stack.resources.map(({ type }) => type));

    expect([...types].filter((type) => !(type in RULES) && !WITHOUT_RULE.includes(type))).toEqual([]);
    expect(types.size).toBeGreaterThan(15);
  });

  test('every function has a role and a log group that no other has', () => {
    const functions = stack.ofType('AWS::Lambda::Function').map(({ properties }) => properties);

    for (const own of ['Role', 'LoggingConfig']) {
      expect(new Set(functions.map((properties) => JSON.stringify(properties[own]))).size).toBe(functions.length);
    }
  });
});

/** It stays when the stack is deleted or replaces it. */
function expectKept({ path, deletionPolicy, updateReplacePolicy }: Resource): void {
  expect([path, deletionPolicy, updateReplacePolicy]).toEqual([path, 'RetainExceptOnCreate', 'Retain']);
}

/** The statements of the one policy that names the resource. */
function policyOf(type: string, member: string, resource: Resource, stack: Synthesized): readonly Statement[] {
  const policies = stack
    .ofType(type)
    .filter(({ properties }) =>
      [properties[member]].flat().some((one) => JSON.stringify(one) === `{"Ref":"${resource.id}"}`),
    );
  expect([resource.path, policies.length]).toEqual([resource.path, 1]);
  return policySchema.parse(policies[0]?.properties['PolicyDocument']).Statement;
}

function expectDenied(statements: readonly Statement[], action: string, condition: unknown): void {
  // To everybody, which has two spellings.
  const denials = statements.filter(({ Principal }) => ['"*"', '{"AWS":"*"}'].includes(JSON.stringify(Principal)));
  expect(denials).toContainEqual(expect.objectContaining({ Effect: 'Deny', Action: [action], Condition: condition }));
}

/** Whoever else is allowed anything is one of these services, and only on behalf of this account. */
function expectNobodyElse(statements: readonly Statement[], services: readonly string[]): void {
  for (const { Effect, Principal, Condition } of statements) {
    if (Effect === 'Deny') continue;
    expect(services.map((Service) => ({ Service }))).toContainEqual(Principal);
    expect(Condition).toMatchObject({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
  }
}

/** Audit lines for 13 months, access logs for three, the rest for one. */
function daysOf({ path }: Resource): number {
  if (/^(TokenAuthorizer|IngestApi)\/\w+\/Log$/.test(path)) return 400;
  return path.endsWith('/AccessLog') ? 90 : 30;
}

function accountOf(statement: Statement | undefined): unknown {
  const principal = statement?.Principal;
  return typeof principal === 'object' && principal !== null && 'AWS' in principal ? principal.AWS : undefined;
}
