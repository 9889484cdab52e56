import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { watchTemplate } from './watch/watch-template.ts';

const { template } = watchTemplate();

describe('a topic', () => {
  const fromAlarmsHere = {
    StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    ArnLike: { 'aws:SourceArn': Match.objectLike({ 'Fn::Join': Match.anyValue() }) },
  };
  const alarmService = { Service: 'cloudwatch.amazonaws.com' };
  const topics = Object.keys(template.findResources('AWS::SNS::Topic'));

  test('is there for what informs, and one for what wakes', () => {
    expect(topics).toHaveLength(2);
  });

  test('is encrypted under a key that alarms of this account may use, and that is rotated', () => {
    const [key] = Object.keys(template.findResources('AWS::KMS::Key'));

    template.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } });
    template.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Principal: alarmService,
            Condition: fromAlarmsHere,
          }),
        ]),
      }),
    });
  });

  test.each(topics)('takes messages of alarms of this account, over TLS, and of nobody else: %s', (topic) => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      Topics: [{ Ref: topic }],
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          {
            Sid: 'AllowAlarmsOfThisAccount',
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: alarmService,
            Resource: { Ref: topic },
            Condition: fromAlarmsHere,
          },
        ],
      }),
    });
  });
});
