import { SPOOL_PREFIX } from '../shared/batch-spool.ts';

const SPOOL_NAME = new RegExp(`^${SPOOL_PREFIX}[0-9a-f]{64}$`);

/**
 * The spool object that an S3 event notification announces; undefined where the message is none of ours. S3 sends one record a
 * notification (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html), its key URL-encoded.
 */
export function readNotification(body: string): string | undefined {
  try {
    const key: unknown = JSON.parse(body)?.Records?.[0]?.s3?.object?.key;
    const name = typeof key === 'string' ? decodeURIComponent(key.replaceAll('+', ' ')) : '';
    return SPOOL_NAME.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
