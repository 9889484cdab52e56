import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';

export interface SpoolBucketProps {
  /** Gets a message for each object under `spool/`. */
  readonly queue: Queue;
}

/** Where replay puts the verdict on a batch that was spooled unjudged (design §3.5). */
export const VERDICT_PREFIX = 'verdicts/';

/** S3 actions, by the prefix of the objects' names. */
export type ObjectRights = Readonly<Record<string, readonly string[]>>;

/** Keeps what ClickHouse could not take, and tells the queue about it. */
export class SpoolBucket extends Construct {
  readonly bucket: Bucket;
  readonly key: Key;
  readonly #resource: CfnBucket;

  constructor(scope: Construct, id: string, { queue }: SpoolBucketProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'edgehouse: encrypts the spool',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        {
          id: 'removed-objects',
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
        // A late copy of a batch may ask for its verdict: the queue gives up after 14 days, its dead letters after 14 more.
        { id: 'old-verdicts', prefix: VERDICT_PREFIX, expiration: Duration.days(30) },
      ],
    });
    const { defaultChild } = this.bucket.node;
    if (!(defaultChild instanceof CfnBucket)) throw new TypeError('The resource of a Bucket is not a CfnBucket.');
    this.#resource = defaultChild;
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only two functions reach it, and each batch that they put or take has its audit line.',
    });
    this.#notify(queue);
  }

  /** The rights of a function: S3 actions by prefix, and what S3 and KMS need for them. */
  access(rights: ObjectRights): readonly PolicyStatement[] {
    const objects = Object.entries(rights).map(
      ([prefix, actions]) =>
        new PolicyStatement({ actions: [...actions], resources: [this.bucket.arnForObjects(`${prefix}*`)] }),
    );
    return [
      ...objects,
      // Without it S3 answers 403 and not 404 for an object that is not there (S3 API, GetObject).
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
      new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [this.key.keyArn] }),
    ];
  }

  /** Tells cdk-nag that the star of a prefix is meant. @param user the function that has the rights */
  acknowledge(user: IConstruct, rights: ObjectRights): void {
    const name = Stack.of(this).getLogicalId(this.#resource);
    const findings = Object.keys(rights).map((prefix) => ({
      id: `AwsSolutions-IAM5[Resource::<${name}.Arn>/${prefix}*]`,
      reason: 'Objects are named by a digest; a prefix is the narrowest right there is.',
    }));
    Validations.of(user).acknowledge(...findings);
  }

  /**
   * In the template itself: the library's own way is a custom resource. S3 tries the queue when the bucket is made, so the
   * queue's policy must stand before the bucket and cannot name it: it names what CloudFormation calls buckets of this stack.
   */
  #notify(queue: Queue): void {
    const { account, stackName } = Stack.of(this);
    const pattern = Stack.of(this).formatArn({ service: 's3', region: '', account: '', resource: `${stackName}-*` });
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': pattern } },
      }),
    );
    this.bucket.node.addDependency(queue);
    this.#resource.notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: queue.queueArn,
          filter: { s3Key: { rules: [{ name: 'prefix', value: SPOOL_PREFIX }] } },
        },
      ],
    };
  }
}
