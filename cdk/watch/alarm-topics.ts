import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/**
 * Where alarms go. Encrypted under a key of their own: alarms cannot publish under the key `alias/aws/sns`, whose policy nobody can
 * change (AWS re:Post, "CloudWatch alarms with an encrypted SNS topic").
 */
export class AlarmTopics extends Construct {
  /** Every alarm: for a mailbox or a channel that somebody reads in the morning. */
  readonly informs: ITopic;
  /** The one alarm that pages: for whoever is to be woken. */
  readonly pages: ITopic;

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
    const topic = (name: string, displayName: string) => {
      const made = new Topic(this, name, { displayName, masterKey: key, enforceSSL: true });
      made.addToResourcePolicy(
        new PolicyStatement({
          sid: 'AllowAlarmsOfThisAccount',
          principals: [alarms],
          actions: ['sns:Publish'],
          resources: [made.topicArn],
          conditions,
        }),
      );
      return made;
    };
    this.informs = topic('Topic', 'edgehouse alarms');
    this.pages = topic('Pages', 'edgehouse pages');
  }
}
