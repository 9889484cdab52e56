import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { parseConfig } from '../../../../config/parse-config.ts';
import { type BatchInsert, StoreError } from '../../../../functions/ingest/batch-store.ts';
import { createContractCache } from '../../../../functions/ingest/contract-cache.ts';
import { createIngest } from '../../../../functions/ingest/ingest.ts';
import type { IngestEvent } from '../../../../functions/ingest/ingest-state.ts';
import { openBatch } from '../../../../functions/ingest/spool-object.ts';
import type { AuditLine } from '../../../../functions/shared/audit.ts';
import { deriveBatchKey } from '../../../../functions/shared/batch-key.ts';
import { batchRequest } from '../../../../functions/shared/batch-request.ts';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { authorizedEvent } from '../../../../local/gateway/gateway-events.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { TABLE } from './stream-contract.ts';

const NOW = 1_800_000_000;
const TOKEN = 'tokenpart1.tokenpart2.tokenpart3';
const MASTER = { version: 1, key: Buffer.alloc(32, 1) };
const KEY = deriveBatchKey(MASTER, TOKEN);
const CONFIG = parseConfig({
  streams: { hits: {} },
  principals: { web: { claims: { sub: 'ew:1' }, allow: [{ write: ['hits'], sources: ['ew/1/*'] }] } },
});
const IDENTITY = {
  principal: 'web',
  auth: 'token',
  iss: 'i',
  sub: 'ew:1',
  clientId: 'c',
  jti: 'j',
  kid: 'k',
  exp: NOW + 60,
} as const;
const GOOD = '{"name":"canary-good"}';
const BAD = '{"name":"a","status":"canary-bad"}';

interface Sending {
  readonly rows?: readonly string[];
  readonly declared?: number;
  readonly source?: string;
  readonly stream?: string;
  readonly gzip?: boolean;
  readonly change?: (event: IngestEvent) => IngestEvent;
}

function eventOf({
  rows = [GOOD],
  declared = rows.length,
  source = 'ew/1/1.0.0',
  stream = 'hits',
  gzip = false,
  change,
}: Sending) {
  const text = rows.join('\n');
  const request = batchRequest({
    stream,
    body: gzip ? gzipSync(text) : Buffer.from(text),
    contentType: 'application/x-ndjson',
    contentEncoding: gzip ? 'gzip' : undefined,
    rows: declared,
    batchId: '01930000-0000-7000-8000-000000000001',
    source,
    token: TOKEN,
    ...KEY,
    nowSeconds: NOW,
  });
  const { path, headers, body } = request;
  const parsed = {
    method: 'POST',
    path,
    rawQueryString: '',
    query: {},
    cookies: [],
    headers,
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    body,
  };
  const facts = {
    requestId: 'r1',
    routeKey: 'POST /v1/streams/{stream}/batches',
    parameters: { stream },
    timeEpoch: 0,
  };
  const event = authorizedEvent(parsed, facts, IDENTITY);
  return change === undefined ? event : change(event);
}

const SPOOL_KEYS = [{ version: 1, key: Buffer.alloc(32, 2) }] as const;

interface Faults {
  readonly insert?: (insert: BatchInsert) => void;
  readonly describe?: () => void;
  readonly spool?: () => void;
}

async function send(sending: Sending = {}, faults: Faults = {}, { objects, spool } = memoryBatchSpool()) {
  const inserts: BatchInsert[] = [];
  const lines: AuditLine[] = [];
  const warnings: unknown[] = [];
  const metrics: unknown[] = [];
  const store = {
    describe: async () => {
      faults.describe?.();
      return TABLE;
    },
    insert: async (insert: BatchInsert) => {
      faults.insert?.(insert);
      inserts.push(insert);
    },
  };
  const clock = () => NOW * 1_000;
  const ingest = createIngest({
    config: CONFIG,
    region: 'us-east-1',
    signingMaster: { get: async () => [MASTER], expire: () => undefined },
    store,
    contracts: createContractCache(store, clock),
    spool: {
      ...spool,
      create: async (...object) => {
        faults.spool?.();
        return spool.create(...object);
      },
    },
    spoolKeys: { get: async () => SPOOL_KEYS, expire: () => undefined },
    clock,
    audit: (line) => lines.push(line),
    telemetry: {
      count: (...metric) => void metrics.push(metric),
      warn: (message, fields) => warnings.push([message, fields]),
    },
  });
  const answer = await ingest(eventOf(sending), CONTEXT);
  return { answer, body: JSON.parse(answer.body ?? ''), inserts, lines, warnings, metrics, objects };
}

const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'ingest',
  functionVersion: '1',
  invokedFunctionArn: '',
  memoryLimitInMB: '512',
  awsRequestId: 'r1',
  logGroupName: '',
  logStreamName: '',
  getRemainingTimeInMillis: () => 10_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

function withHeader(name: string, value: string): (event: IngestEvent) => IngestEvent {
  return (event) => ({ ...event, headers: { ...event.headers, [name]: value } });
}

const CASES: readonly (readonly [string, number, string | undefined, Sending])[] = [
  ['a good batch', 200, undefined, {}],
  ['a gzip batch', 200, undefined, { gzip: true }],
  ['a batch of good and bad rows', 200, undefined, { rows: [BAD, GOOD] }],
  ['only bad rows', 422, 'ROWS_REFUSED', { rows: [BAD] }],
  [
    'no identity',
    403,
    'POLICY_DENIED',
    { change: (event) => ({ ...event, requestContext: { ...event.requestContext, authorizer: { lambda: {} } } }) },
  ],
  ['a bad header', 400, 'HEADER_MALFORMED', { change: withHeader('edge-source', 'a,b') }],
  ['a bad media type', 415, 'MEDIA_TYPE_UNSUPPORTED', { change: withHeader('content-type', 'text/csv') }],
  ['another body', 400, 'DIGEST_MISMATCH', { change: (event) => ({ ...event, body: 'e30=' }) }],
  ['another token', 401, 'BATCH_SIGNATURE_INVALID', { change: withHeader('authorization', `Bearer ${TOKEN}x`) }],
  ['another source', 403, 'POLICY_DENIED', { source: 'ew/2/1.0.0' }],
  ['an unknown stream', 404, 'STREAM_UNKNOWN', { stream: 'constructor' }],
  ['no rows', 400, 'ROWS_EMPTY', { rows: [''], declared: 1 }],
  ['another count', 400, 'HEADER_MISMATCH', { declared: 2 }],
  ['no JSON', 400, 'BODY_MALFORMED', { rows: ['canary'] }],
];

describe('ingest', () => {
  test.each(CASES)('%s: %d', async (_what, status, code, sending) => {
    const { answer, body, lines } = await send(sending);
    expect([answer.statusCode, body.code]).toEqual([status, code]);
    expect(answer.headers).toMatchObject({ 'edgehouse-request-id': 'r1' });
    expect(lines).toEqual([expect.objectContaining({ audit: 'batch', status, requestId: 'r1' })]);
  });

  test.each(CASES)('%s: no secret and no row value in the audit line', async (_what, _status, _code, sending) => {
    const { lines, warnings } = await send(sending);
    const signature = eventOf(sending).headers['signature'] ?? 'none';
    const written = JSON.stringify([lines, warnings]);
    for (const secret of [TOKEN, signature, Buffer.from(KEY.key).toString('base64url'), 'canary']) {
      expect(written).not.toContain(secret);
    }
  });

  test('stores refused rows before good ones, under tokens of their own', async () => {
    const { inserts, body } = await send({ rows: [GOOD, BAD] });
    expect(inserts.map(({ table }) => table)).toEqual(['quarantine', 'hits']);
    expect(inserts.map(({ deduplicationToken }) => deduplicationToken.replace(/^[0-9a-f]{64}/, ''))).toEqual([
      ':quarantine',
      ':rows',
    ]);
    expect(body).toMatchObject({ outcome: 'stored', received: 2, accepted: 1, quarantined: 1 });
    expect(body.errors).toMatchObject([{ row: 1, line: 2, column: 'status', code: 'FIELD_TYPE' }]);
  });

  test('tells a batch of bad rows only by problem and receipt', async () => {
    const { inserts, body, lines } = await send({ rows: [BAD, BAD] });
    expect(inserts.map(({ table }) => table)).toEqual(['quarantine']);
    expect(body).toMatchObject({ status: 422, code: 'ROWS_REFUSED', outcome: 'quarantined', quarantined: 2 });
    expect(lines).toEqual([expect.objectContaining({ outcome: 'quarantined', rowsRefused: 2 })]);
  });

  test.each([
    ['quarantine', 0],
    ['hits', 1],
  ])('a store that fails at %s: spooled under the verdict that was reached, 202', async (table, inserted) => {
    const { answer, body, lines, inserts, objects } = await send(
      { rows: [BAD, GOOD] },
      {
        insert: (insert) => {
          if (insert.table === table) throw new StoreError('INSERT', 241);
        },
      },
    );

    expect(answer.statusCode).toBe(202);
    expect(body).toMatchObject({ outcome: 'spooled', received: 2, accepted: 1, quarantined: 1 });
    expect(body.errors).toMatchObject([{ row: 0, line: 1, column: 'status', code: 'FIELD_TYPE' }]);
    expect(lines).toEqual([expect.objectContaining({ outcome: 'spooled', status: 202, clickhouseCode: 241 })]);
    expect(inserts).toHaveLength(inserted);
    const { envelope, bytes } = await onlyBatch(objects);
    expect(envelope).toMatchObject({ verdict: { refused: [{ row: 0 }] }, attempt: { clickhouseCode: 241 } });
    expect(bytes.toString()).toBe(`${BAD}\n${GOOD}`);
  });

  test('a batch of which no row fits is spooled too, where quarantine cannot take it', async () => {
    const { answer, body } = await send({ rows: [BAD] }, { insert: away });

    expect([answer.statusCode, body.outcome, body.accepted, body.quarantined]).toEqual([202, 'spooled', 0, 1]);
  });

  test('a cold container while ClickHouse is away spools unjudged, and says so', async () => {
    const { answer, body, objects } = await send({ rows: [BAD, GOOD], gzip: true }, { describe: away });

    expect(answer.statusCode).toBe(202);
    expect(body).toMatchObject({ outcome: 'spooled', received: 2, accepted: null, quarantined: null, errors: [] });
    expect((await onlyBatch(objects)).envelope).toMatchObject({ verdict: null, contentEncoding: 'gzip' });
  });

  test('a batch that is sent again while it waits keeps its first verdict', async () => {
    const kept = memoryBatchSpool();
    await send({ rows: [BAD, GOOD] }, { insert: away }, kept);

    const { body } = await send({ rows: [BAD, GOOD] }, { describe: away }, kept);

    expect(body).toMatchObject({ outcome: 'spooled', accepted: 1, quarantined: 1 });
    expect((await onlyBatch(kept.objects)).envelope.verdict).not.toBeNull();
  });

  test('an object that somebody else laid in its place does not swallow a batch', async () => {
    const first = await send({}, { insert: away });
    const [name = ''] = first.objects.keys();
    const kept = memoryBatchSpool();
    kept.objects.set(name, Buffer.from('laid here'));

    const { answer } = await send({}, { insert: away }, kept);

    expect(answer.statusCode).toBe(202);
    expect((await onlyBatch(kept.objects)).bytes.toString()).toBe(GOOD);
  });

  test('neither ClickHouse nor the spool: 503 with Retry-After, and one audit line', async () => {
    const { answer, body, lines, warnings } = await send({ rows: [BAD, GOOD] }, { insert: away, spool: full });

    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5', 'edgehouse-request-id': 'r1' } });
    expect(body.code).toBe('UNAVAILABLE');
    expect(lines).toEqual([
      expect.objectContaining({ outcome: 'unavailable', code: 'UNAVAILABLE', clickhouseCode: 241 }),
    ]);
    expect(JSON.stringify(warnings)).toMatch(/ClickHouse answered with code 241.*Writing an object failed/);
  });

  test('the way of a batch is timed wherever it ended; a refusal, which is quick, is not', async () => {
    const latencies = async (...sending: Parameters<typeof send>) =>
      (await send(...sending)).metrics.filter((metric) => Array.isArray(metric) && metric[0] === 'BatchLatency');

    for (const faults of [{}, { insert: away }, { insert: away, spool: full }]) {
      expect(await latencies({}, faults)).toEqual([['BatchLatency', expect.any(Number), { stream: 'hits' }]]);
    }
    expect(await latencies({ rows: [BAD] })).toHaveLength(1);
    expect(await latencies({ source: 'ew/2/1.0.0' })).toEqual([]);
  });

  test.each([
    ['an error', new Error('canary')],
    ['an error with a code', Object.assign(new Error('canary'), { code: '27' })],
    ['a text', 'canary'],
  ])('%s that nobody expected: spooled, and nothing of its text anywhere', async (_what, thrown) => {
    const { answer, lines, warnings } = await send(
      {},
      {
        insert: () => {
          throw thrown;
        },
      },
    );

    expect(answer.statusCode).toBe(202);
    expect(lines).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify([answer, lines, warnings])).not.toContain('canary');
  });
});

function away(): never {
  throw new StoreError('INSERT', 241);
}

function full(): never {
  throw new SpoolError('Writing an object');
}

async function onlyBatch(objects: ReadonlyMap<string, Buffer>) {
  const [[name = '', object = Buffer.alloc(0)] = []] = objects;
  expect(objects.size).toBe(1);
  return openBatch(SPOOL_KEYS, name, object);
}
