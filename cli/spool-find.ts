import { GetBucketNotificationConfigurationCommand, paginateListBuckets, type S3Client } from '@aws-sdk/client-s3';
import { paginateListQueues, type SQSClient } from '@aws-sdk/client-sqs';

/** A region has no spool that can be told from others. */
export class SpoolNotFoundError extends Error {
  override readonly name = 'SpoolNotFoundError';
  readonly code = 'SPOOL_NOT_FOUND';
  constructor(region: string, seen: string) {
    super(
      `${seen} in ${region}, expected one of the stack edgehouse-${region}. Deploy it, or take the region out of edgehouse.config.ts.`,
    );
  }
}

/**
 * The bucket and the queue of a deployed region, by the names that CloudFormation gives them. A bucket outlives its stack, for it may
 * hold batches: the one in use is the one that tells the queue of its objects.
 *
 * @throws SpoolNotFoundError
 */
export async function findSpool(
  region: string,
  s3: S3Client,
  sqs: SQSClient,
): Promise<{ readonly bucket: string; readonly queueUrl: string }> {
  const queues: string[] = [];
  const named = { QueueNamePrefix: `edgehouse-${region}-SpoolReplayQueue` };
  for await (const page of paginateListQueues({ client: sqs }, named)) queues.push(...(page.QueueUrls ?? []));
  const [queueUrl] = queues;
  if (queueUrl === undefined || queues.length > 1) {
    throw new SpoolNotFoundError(region, `${queues.length} replay queues are`);
  }
  const queueName = queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
  const owned = { Prefix: `edgehouse-${region}-spoolstorebucket` };
  for await (const { Buckets = [] } of paginateListBuckets({ client: s3 }, owned)) {
    for (const { Name: bucket } of Buckets) {
      const told = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
      const arns = (told.QueueConfigurations ?? []).map(({ QueueArn = '' }) => QueueArn);
      if (bucket !== undefined && arns.some((arn) => arn.endsWith(`:${queueName}`))) return { bucket, queueUrl };
    }
  }
  throw new SpoolNotFoundError(region, `No bucket that tells ${queueName} of its objects is`);
}
