import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/**
 * Where alarms go; subscribe whoever is to be woken. Encrypted under a key of its own: alarms cannot publish under the key
 * `alias/aws/sns`, whose policy nobody can change (AWS re:Post, "CloudWatch alarms with an encrypted SNS topic").
 */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const alarms = new ServicePrincipal('cloudwatch.amazonaws.com');
    // Only alarms of this account and region, so that no other account's can use CloudWatch to come in here.
    const conditions = {
      StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
      ArnLike: { 'aws:SourceArn': Stack.of(this).formatArn({ service: 'cloudwatch', resource: 'alarm:*' }) },
    };
    const key = new Key(this, 'Key', {
      description: 'Encrypts the alarms of edgehouse on their way',
      enableKeyRotation: true,
      // A message lives for minutes: nothing is lost with the key.
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(7),
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarmsOfThisAccount',
        principals: [alarms],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        // In a key's own policy, this key.
        resources: ['*'],
        conditions,
      }),
    );
    this.topic = new Topic(this, 'Topic', { displayName: 'edgehouse alarms', masterKey: key, enforceSSL: true });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarmsOfThisAccount',
        principals: [alarms],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions,
      }),
    );
  }
}
