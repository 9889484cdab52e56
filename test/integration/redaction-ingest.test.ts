import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseClickHouseCredential } from '../../functions/ingest/clickhouse-credential.ts';
import type { IngestEvent } from '../../functions/ingest/ingest-state.ts';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import type { BatchSpool } from '../../functions/shared/batch-spool.ts';
import { BATCH_CODES } from '../../functions/shared/codes.ts';
import { createS3BatchSpool } from '../../functions/shared/s3-batch-spool.ts';
import { parseVersionedKeys } from '../../functions/shared/versioned-keys.ts';
import { BATCH_KEY, BEARER_TOKEN, eventOf, makeBatch } from '../faults/support/signed-batch.ts';
import { startDatabase, type TestDatabase } from '../faults/support/start-database.ts';
import { memoryBatchSpool } from '../unit/functions/memory-batch-spool.ts';
import { notificationOf } from '../unit/functions/replay/spool-notification.ts';
import { type AwsStub, s3Error, startAwsStub } from '../unit/functions/shared/aws-stub.ts';
import { fixed, type IngestParts, openIngest, SPOOL_KEYS, unusable } from './support/logging-ingest.ts';
import { NAUGHTY_STRINGS } from './support/naughty-strings.ts';
import { faultsOf, listen, makeCanary, toldBy } from './support/redaction.ts';

const ROW = makeCanary();
const PASSWORD = makeCanary();
const secrets = new Map<string, string | Uint8Array>([
  ['a value of a row', ROW],
  ['the token', BEARER_TOKEN],
  ['the batch key', BATCH_KEY.key],
  ['the spool key', SPOOL_KEYS[0].key],
  ['a password of ClickHouse', PASSWORD],
]);

const TIME = '2026-11-23T10:00:00Z';
/** A row of each kind of text, and one of each kind that does not fit: the text in a number, as a name, and as the row itself. */
const NAUGHTY_ROWS = Object.values(NAUGHTY_STRINGS).flatMap((text) => [
  { event_time: TIME, path: ROW + text, query: text + ROW },
  { event_time: TIME, path: '/', status: ROW + text },
  { event_time: TIME, path: '/', [ROW + text]: 1 },
  ROW + text,
]);
const GOOD_ROWS = [{ event_time: TIME, path: ROW, user_agent: ROW }];

let database: TestDatabase;
let stub: AwsStub;
beforeAll(async () => {
  [database, stub] = await Promise.all([startDatabase(), startAwsStub()]);
});
afterAll(async () => {
  await database?.stop();
  await stub?.close();
});

const open = (parts?: IngestParts) => openIngest(database, ROW, parts);
const send = (rows: readonly unknown[]) => eventOf(makeBatch(rows), Date.now());

function withHeaders(event: IngestEvent, headers: Readonly<Record<string, string | undefined>>): IngestEvent {
  return { ...event, headers: { ...event.headers, ...headers } };
}

describe('no value of a row is in the log of ingest', () => {
  test('where naughty rows are stored, quarantined and refused', async () => {
    const ingest = await open();
    const events = [send(NAUGHTY_ROWS), send(NAUGHTY_ROWS.slice(1, 4)), send(GOOD_ROWS)];

    const heard = await listen(...events.map((event) => () => ingest.send(event)));

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect([...toldBy(heard)]).toEqual(expect.arrayContaining(['stored', 'quarantined', 'ROWS_REFUSED']));
    expect(heard.lines.filter((line) => line.includes('"audit":"batch"'))).toHaveLength(3);
  });

  test('where ClickHouse refuses rows in words that quote them, the batch is spooled, and replay quarantines them', async () => {
    const ingest = await open();
    await listen(() => ingest.send(send(GOOD_ROWS)));
    await ingest.alter('ALTER TABLE {db}.web_events ADD CONSTRAINT short CHECK length(path) < 9');
    const values = `(toDateTime64('2026-11-23 10:00:00', 3), '${ROW}')`;
    const words = await ingest
      .alter(`INSERT INTO {db}.web_events (event_time, path) VALUES ${values}`)
      .catch((error: unknown) => String(error));

    const heard = await listen(
      () => ingest.send(send(GOOD_ROWS)),
      () => ingest.deliver(...[...ingest.objects.keys()].map(notificationOf)),
    );

    await ingest.close();
    // Or the test would prove nothing.
    expect(words).toContain(`path = '${ROW}'`);
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect([...toldBy(heard)]).toEqual(
      expect.arrayContaining([
        'spooled',
        'A batch was spooled',
        'replay stored',
        'ClickHouse refused rows that validation had taken',
      ]),
    );
    expect(heard.lines.join()).toContain('"clickhouseCode":469');
  });

  test('where a batch lies in the spool changed, under another name or twice', async () => {
    const ingest = await open();
    await ingest.alter('ALTER TABLE {db}.web_events ADD CONSTRAINT short CHECK length(path) < 9');
    await listen(() => ingest.send(send(GOOD_ROWS)));
    const [[name = '', object = Buffer.alloc(0)] = []] = ingest.objects;
    const [changed, renamed, cut] = ['a', 'b', 'c'].map((digit) => `spool/${digit.repeat(64)}`);
    ingest.objects.set(changed ?? '', Buffer.concat([object, Buffer.from(ROW)]));
    ingest.objects.set(renamed ?? '', object);
    ingest.objects.set(cut ?? '', Buffer.from(`${ROW}\n`));
    await ingest.alter('ALTER TABLE {db}.web_events DROP CONSTRAINT short');

    const heard = await listen(
      () => ingest.deliver(...[changed, renamed, cut, `spool/${'d'.repeat(64)}`, ROW].map(notificationOf)),
      () => ingest.deliver(ROW, `{"Records":[{"s3":"${ROW}"}]}`, JSON.stringify({ Event: ROW })),
      () => ingest.deliver(notificationOf(name)),
      () => ingest.deliver(notificationOf(name)),
    );

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect([...toldBy(heard)]).toEqual(
      expect.arrayContaining(['replay dead', 'replay stored', 'replay gone', 'MESSAGE_MALFORMED']),
    );
  });

  test('where neither ClickHouse nor the spool takes it', async () => {
    const s3 = new S3Client(stub.options);
    const refusal = {
      ...s3Error(403, 'AccessDenied'),
      body: `<Error><Code>AccessDenied</Code><Message>${ROW}</Message></Error>`,
    };
    stub.answer(refusal);
    const spools: readonly BatchSpool[] = [
      createS3BatchSpool('bucket', s3),
      { ...memoryBatchSpool().spool, create: async () => Promise.reject(new TypeError(ROW)) },
    ];
    const ingests = await Promise.all(spools.map((spool) => open({ spool })));
    for (const { alter } of ingests)
      await alter('ALTER TABLE {db}.web_events ADD CONSTRAINT short CHECK length(path) < 9');

    const heard = await listen(...ingests.map((ingest) => () => ingest.send(send(GOOD_ROWS))));

    for (const { close } of ingests) await close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(
      heard.lines.filter((line) => line.includes('"code":"UNAVAILABLE"') && line.includes('"audit"')),
    ).toHaveLength(2);
  });
});

describe('no secret is in the log of ingest', () => {
  test('where ClickHouse refuses a password', async () => {
    const { url, user } = database.account;
    const ingest = await open({ writer: fixed({ url, username: user, password: PASSWORD }) });

    const heard = await listen(() => ingest.send(send(GOOD_ROWS)));

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(heard.lines.join()).toContain('"clickhouseCode":516');
  });

  test.each<[string, IngestParts]>([
    ['the writer’s', { writer: unusable(`{"url":"${PASSWORD}","password":"${PASSWORD}"}`, parseClickHouseCredential) }],
    ['the writer’s, which is no JSON,', { writer: unusable(`password ${PASSWORD}`, parseClickHouseCredential) }],
    ['the signing master', { signingMaster: unusable(`{"version":1,"key":"${PASSWORD}"}`, parseVersionedKeys) }],
    ['the signing master, which is no JSON,', { signingMaster: unusable(PASSWORD, parseVersionedKeys) }],
  ])('where %s cannot be used', async (_which, parts) => {
    const ingest = await open(parts);

    const heard = await listen(() => ingest.send(send(GOOD_ROWS)));

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(heard.lines.length).toBeGreaterThan(1);
  });

  test('where the spool’s key cannot be used either', async () => {
    const ingest = await open({
      writer: unusable(PASSWORD, parseClickHouseCredential),
      spoolKeys: unusable(`{"version":1,"key":"${PASSWORD}"}`, parseVersionedKeys),
    });

    const heard = await listen(() => ingest.send(send(GOOD_ROWS)));

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(toldBy(heard)).toContain('UNAVAILABLE');
  });
});

/** For each code a batch that is refused with it, with canaries wherever its sender may write what it likes. */
function refused(): readonly IngestEvent[] {
  const good = () => send(GOOD_ROWS);
  const canary = (name: string) => {
    const text = makeCanary();
    secrets.set(name, text);
    return text;
  };
  const ofBody = (body: string | Buffer, rows = 1, headers = {}) => {
    const batch = makeBatch(GOOD_ROWS);
    return withHeaders(eventOf({ ...batch, body: Buffer.from(body), rows }, Date.now()), headers);
  };
  const bits = Buffer.from(canary('a digest')).subarray(0, 32).toString('base64');
  return [
    ...['content-digest', 'edge-batch-id', 'edge-batch-rows', 'signature-input', 'signature', 'content-type'].map(
      (name) => withHeaders(good(), { [name]: canary(`a wrong ${name}`) }),
    ),
    withHeaders(good(), { 'edge-source': `${canary('a wrong edge-source')},` }),
    withHeaders(good(), { 'content-encoding': canary('a wrong content-encoding') }),
    withHeaders(good(), { signature: undefined, 'x-secret': canary('another header') }),
    withHeaders(good(), { signature: `edge=:${bits.slice(0, 43)}=:` }),
    withHeaders(good(), { 'content-digest': `sha-256=:${'A'.repeat(43)}=:` }),
    withHeaders(good(), { authorization: `Bearer ${canary('another token')}` }),
    ofBody(`[{"path":"${ROW}"`),
    ofBody('[]', 0),
    ofBody(`["${ROW}","${ROW}"]`),
    ofBody(JSON.stringify(Array.from({ length: 10_001 }, () => ROW)), 10_001),
    ofBody(ROW.repeat(200_000)),
    eventOf(makeBatch(GOOD_ROWS), Date.now() - 400_000),
    withHeaders(sentTo(good(), 'nope'), signatureFor(good(), 'nope')),
    from(good(), 'nobody'),
    expired(good()),
  ];
}

/** Of a batch that goes to another stream. */
function signatureFor({ headers }: IngestEvent, stream: string): Readonly<Record<string, string>> {
  const body = Buffer.from(JSON.stringify(GOOD_ROWS));
  const batchId = headers['edge-batch-id'] ?? '';
  const sent = {
    stream,
    body,
    rows: 1,
    batchId,
    contentType: 'application/json',
    source: headers['edge-source'] ?? '',
  };
  return batchRequest({ ...sent, ...BATCH_KEY, token: BEARER_TOKEN, nowSeconds: Math.floor(Date.now() / 1000) })
    .headers;
}

function sentTo(event: IngestEvent, stream: string): IngestEvent {
  return { ...event, pathParameters: { stream } };
}

function from(event: IngestEvent, principal: string): IngestEvent {
  const { lambda } = event.requestContext.authorizer;
  return { ...event, requestContext: { ...event.requestContext, authorizer: { lambda: { ...lambda, principal } } } };
}

function expired(event: IngestEvent): IngestEvent {
  const { lambda } = event.requestContext.authorizer;
  return { ...event, requestContext: { ...event.requestContext, authorizer: { lambda: { ...lambda, exp: 1 } } } };
}

describe('of a batch that is refused', () => {
  test('no header, byte of the body, token or signature is in the log', async () => {
    const ingest = await open();
    const events = refused();

    const heard = await listen(...events.map((event) => () => ingest.send(event)));

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(heard.lines.filter((line) => line.includes('"audit":"batch"'))).toHaveLength(events.length);
    const told = toldBy(heard);
    // Those need a limit, or are above.
    const elsewhere = ['ROWS_REFUSED', 'INFLATE_LIMIT', 'RATE_LIMITED', 'UNAVAILABLE'];
    expect(Object.keys(BATCH_CODES).filter((code) => !told.has(code) && !elsewhere.includes(code))).toEqual([]);
  });

  test('a stream of whatever name stays within its line', async () => {
    const ingest = await open();
    const names = Object.values(NAUGHTY_STRINGS);

    const heard = await listen(...names.map((name) => () => ingest.send(sentTo(send(GOOD_ROWS), name))));

    await ingest.close();
    expect(faultsOf(heard, secrets)).toEqual([]);
    expect(heard.lines.filter((line) => line.includes('"audit":"batch"'))).toHaveLength(names.length);
  });
});
