import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { openSpoolBucket } from '../../../cli/spool-bucket.ts';
import type { ListedObject, SpoolPlace } from '../../../cli/spool-place.ts';
import { readNotification } from '../../../functions/replay/read-notification.ts';
import { formatVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { json, jsonError, type StubAnswer, type StubRequest, s3Error } from '../functions/shared/aws-stub.ts';
import { pointAwsAtStub } from '../functions/shared/point-aws-at-stub.ts';

const NAME = `spool/${'a1'.repeat(32)}`;
const VERDICT = NAME.replace('spool', 'verdicts');
const QUEUE = 'edgehouse-eu-central-1-SpoolReplayQueue1A2B-xyz';
const KEY = { version: 1, key: Buffer.alloc(32, 7) };
const [OLD, IN_USE] = ['edgehouse-eu-central-1-spoolstorebucket1-old', 'edgehouse-eu-central-1-spoolstorebucket1-new'];
const io = { fetch, now: () => Date.parse('2026-11-23T10:00:00Z') };

const aws = pointAwsAtStub();

/** What each call is answered with, by `METHOD path` of S3 or the operation of SQS and Secrets Manager. */
let answers: Map<string, StubAnswer | ((request: StubRequest) => StubAnswer)>;
/** What was asked, in the same words. */
let asked: string[];
let queueUrl: string;

beforeEach(() => {
  asked = [];
  queueUrl = `${aws.stub().options.endpoint}/1/${QUEUE}`;
  answers = new Map<string, StubAnswer>([
    ['ListQueues', json({ QueueUrls: [queueUrl] })],
    [
      'GET /',
      xml(
        'ListAllMyBucketsResult',
        `<Buckets>${[OLD, IN_USE].map((name) => `<Bucket><Name>${name}</Name></Bucket>`).join('')}</Buckets>`,
      ),
    ],
    [`GET /${OLD} notification`, notifies(`${QUEUE}-of-a-stack-that-is-gone`)],
    [`GET /${IN_USE} notification`, notifies(QUEUE)],
    ['GetSecretValue', json({ SecretString: formatVersionedKeys([KEY]) })],
  ]);
  aws.stub().answer(...Array.from({ length: 40 }, () => answer));
});

function answer(request: StubRequest): StubAnswer {
  const { method, path, headers } = request;
  const operation = String(headers['x-amz-target'] ?? '').split('.')[1];
  const what = operation ?? describeS3(method, new URL(path, 'http://s3'));
  asked.push(what);
  const refused = operation === undefined ? s3Error(403, 'AccessDenied') : jsonError(400, 'AccessDenied');
  const found = answers.get(what) ?? refused;
  return typeof found === 'function' ? found(request) : found;
}

function describeS3(method: string, { pathname, searchParams }: URL): string {
  const which = ['notification', 'versions', 'list-type', 'versionId'].filter((name) => searchParams.has(name));
  const version = searchParams.get('versionId');
  const path = pathname.replace(/(.)\/$/, '$1');
  return [`${method} ${path}`, ...which.map((name) => (name === 'versionId' ? `${name} ${version}` : name))].join(' ');
}

function xml(root: string, content: string): StubAnswer {
  return { headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?><${root}>${content}</${root}>` };
}

function notifies(queue: string): StubAnswer {
  const arn = `<Queue>arn:aws:sqs:eu-central-1:1:${queue}</Queue>`;
  return xml(
    'NotificationConfiguration',
    `<QueueConfiguration>${arn}<Event>s3:ObjectCreated:*</Event></QueueConfiguration>`,
  );
}

const open = (): Promise<SpoolPlace> => openSpoolBucket('eu-central-1', undefined, { secrets: 'aws' }, io);

describe('the spool of a deployed region', () => {
  test('is the bucket that tells the queue of its objects, not one that an older stack has left', async () => {
    answers.set(`GET /${IN_USE} list-type`, xml('ListBucketResult', contents(NAME)));

    const place = await open();
    const listed: ListedObject[] = [];
    for await (const object of place.list()) listed.push(object);

    expect(listed).toEqual([{ name: NAME, version: undefined, bytes: 12, putAt: Date.parse('2026-11-23T09:00:00Z') }]);
    expect(aws.stub().requests.at(-1)?.path).toContain('prefix=spool%2F');
  });

  test.each([
    ['no queue', { ListQueues: json({}) }, '0 replay queues are in eu-central-1'],
    ['no bucket', { [`GET /${IN_USE} notification`]: notifies('another') }, 'No bucket that tells'],
  ])('is said not to be there where there is %s', async (_what, changed, message) => {
    for (const [what, given] of Object.entries(changed)) answers.set(what, given);

    await expect(open()).rejects.toThrow(message);
  });

  test('gives an object, or nothing where it is gone', async () => {
    answers.set(`GET /${IN_USE}/${NAME}`, { body: 'bytes' });
    const place = await open();

    const there = await place.read({ name: NAME, version: undefined });
    answers.set(`GET /${IN_USE}/${NAME}`, s3Error(404, 'NoSuchKey'));

    expect(there?.toString()).toBe('bytes');
    expect(await place.read({ name: NAME, version: undefined })).toBeUndefined();
  });

  test('announces an object to replay in the form that replay reads', async () => {
    // The client compares it.
    answers.set('SendMessage', ({ body }) => {
      const { MessageBody }: { readonly MessageBody: string } = JSON.parse(String(body));
      return json({ MessageId: 'm', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') });
    });
    const place = await open();

    await place.announce(NAME);

    const sent: { readonly QueueUrl: string; readonly MessageBody: string } = JSON.parse(
      String(aws.stub().requests.at(-1)?.body),
    );
    expect(sent.QueueUrl).toBe(queueUrl);
    expect(readNotification(sent.MessageBody)).toEqual({ kind: 'object', name: NAME });
  });

  test('counts the messages that wait, those that are tried just now included', async () => {
    const counts = { ApproximateNumberOfMessages: '3', ApproximateNumberOfMessagesNotVisible: '40' };
    answers.set('GetQueueAttributes', json({ Attributes: { ...counts, ApproximateNumberOfMessagesDelayed: '0' } }));

    expect(await (await open()).waiting()).toBe(43);
  });

  test('removes an object together with its verdict', async () => {
    for (const name of [NAME, VERDICT]) answers.set(`DELETE /${IN_USE}/${name}`, { status: 204 });
    const place = await open();

    await place.remove({ name: NAME, version: undefined });

    expect(asked.slice(-2)).toEqual([`DELETE /${IN_USE}/${NAME}`, `DELETE /${IN_USE}/${VERDICT}`]);
  });

  test('shows every version page by page, and removes one for good, with each version of its verdict', async () => {
    const pages = [
      xml(
        'ListVersionsResult',
        `${version(NAME, 'v1')}<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>`,
      ),
      xml('ListVersionsResult', `${version(NAME, 'v0')}<IsTruncated>false</IsTruncated>`),
    ];
    const place = await open();
    const versions: string[] = [];
    answers.set(`GET /${IN_USE} versions`, pages[0] ?? {});
    for await (const listed of place.listVersions()) {
      versions.push(listed.version ?? '');
      answers.set(`GET /${IN_USE} versions`, pages[1] ?? {});
    }
    answers.set(`GET /${IN_USE} versions`, xml('ListVersionsResult', version(VERDICT, 'w1')));
    answers.set(`DELETE /${IN_USE}/${NAME} versionId v0`, { status: 204 });
    answers.set(`DELETE /${IN_USE}/${VERDICT} versionId w1`, { status: 204 });

    await place.remove({ name: NAME, version: 'v0' });

    expect(versions).toEqual(['v1', 'v0']);
    expect(asked.filter((what) => what.startsWith('DELETE'))).toEqual([
      `DELETE /${IN_USE}/${NAME} versionId v0`,
      `DELETE /${IN_USE}/${VERDICT} versionId w1`,
    ]);
  });

  test('has the keys of its region', async () => {
    expect((await (await open()).keys()).map(({ version }) => version)).toEqual([1]);
  });

  test('asks Vault for the key where the config keeps it there, and says whose token is missing', async () => {
    const vault = { address: 'https://vault.example', mount: 'secret', authMount: 'jwt', role: 'r', audience: 'a' };
    const place = await openSpoolBucket('eu-central-1', undefined, { secrets: { vault } }, io);

    await expect(place.keys()).rejects.toMatchObject({ code: 'VAULT_TOKEN_MISSING' });
  });
});

function contents(name: string): string {
  return `<Contents><Key>${name}</Key><Size>12</Size><LastModified>2026-11-23T09:00:00.000Z</LastModified></Contents>`;
}

function version(name: string, id: string): string {
  return `<Version><Key>${name}</Key><VersionId>${id}</VersionId><Size>12</Size></Version>`;
}
