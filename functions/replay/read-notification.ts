import { SPOOL_PREFIX } from '../shared/batch-spool.ts';

export type Notification =
  | { readonly kind: 'object'; readonly name: string }
  /** S3 sends one when a bucket gets its notification; it announces nothing. */
  | { readonly kind: 'test' }
  | { readonly kind: 'malformed' };

const SPOOL_NAME = new RegExp(`^${SPOOL_PREFIX}[0-9a-f]{64}$`);

/**
 * The spool object that an S3 event notification announces: one record a notification, its key URL-encoded
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 */
export function readNotification(body: string): Notification {
  try {
    const message = JSON.parse(body);
    if (message?.Event === 's3:TestEvent') return { kind: 'test' };
    const key: unknown = message?.Records?.[0]?.s3?.object?.key;
    const name = typeof key === 'string' ? decodeURIComponent(key.replaceAll('+', ' ')) : '';
    return SPOOL_NAME.test(name) ? { kind: 'object', name } : { kind: 'malformed' };
  } catch {
    return { kind: 'malformed' };
  }
}
