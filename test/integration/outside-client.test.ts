import { createHash, generateKeyPairSync, randomBytes, sign as rsaSign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { type Draft, digestOf, draft, type Item, send, sign } from './support/outside-client.ts';

const ROWS = [{ event_time: '2026-11-23T10:00:00.123Z', path: '/outside', status: 200 }];

let stack: Stack;
let item: Item;
let dataDir: string;
let now = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-outside-'));
  const options = { dataDir, say: () => {}, clock: () => Date.now() + now };
  // A second stream, which the sending principal may not write: its table is there before the stack that serves it.
  const before = await startStack({ ...options, config });
  const admin = new URL(before.ready.clickhouseAdmin ?? '');
  await fetch(admin.origin, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': admin.username, 'X-ClickHouse-Key': admin.password },
    body: 'CREATE TABLE edgehouse.other_events AS edgehouse.web_events',
  });
  await before.stop();
  const streams = { ...userConfig.streams, other_events: {} };
  stack = await startStack({ ...options, config: parseConfig({ ...userConfig, streams }) });
  item = (await (await fetch(stack.ready.edgekvItem)).json()) as Item;
});

afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function query(sql: string): Promise<string> {
  const { clickhouse, clickhouseHeaders } = stack.ready;
  return (await (await fetch(clickhouse, { method: 'POST', headers: clickhouseHeaders, body: sql })).text()).trim();
}

function auditLines(requestId: string): readonly Record<string, unknown>[] {
  const lines = readFileSync(stack.auditFile, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line)).filter((line) => line.requestId === requestId);
}

const fresh = (rows: readonly unknown[] = ROWS) => draft(item, stack.ready.source, rows);

describe('a client that follows the contract', () => {
  test('gets 200 with a receipt and sees its rows and its batch', async () => {
    const batch = sign(fresh([...ROWS, { event_time: '2026-11-23 10:00:01', path: '/outside', bytes: null }]));

    const answer = await send(stack.ready.api, batch);

    const id = batch.headers['edge-batch-id'];
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({
      batchId: id,
      stream: 'web_events',
      outcome: 'stored',
      received: 2,
      accepted: 2,
      quarantined: 0,
      errors: [],
    });
    expect(answer.headers['edgehouse-request-id']).toBe(answer.headers['apigw-requestid']);
    const columns = 'event_time, path, status, sample_rate, _principal, _trust, _source, _row';
    expect(
      await query(`SELECT ${columns} FROM edgehouse.web_events WHERE _batch_id = '${id}' ORDER BY _row FORMAT CSV`),
    ).toBe(
      '"2026-11-23 10:00:00.123","/outside",200,1,"web-edge","edge","ew/12345/0.1.0",0\n' +
        '"2026-11-23 10:00:01.000","/outside",\\N,1,"web-edge","edge","ew/12345/0.1.0",1',
    );
    expect(
      await query(`SELECT declared, stored, quarantined, missing FROM edgehouse.batches WHERE batch_id = '${id}'`),
    ).toBe('2\t2\t0\t0');
  });

  test('gets 200 for gzip NDJSON with blank lines, and 200 again for a repeat that is stored once', async () => {
    const body = gzipSync(`${JSON.stringify(ROWS[0])}\n\n${JSON.stringify(ROWS[0])}\r\n`);
    const unsigned = fresh();
    unsigned.body = body;
    unsigned.components.splice(3, 0, 'content-encoding');
    Object.assign(unsigned.headers, {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'content-digest': digestOf(body),
      'edge-batch-rows': '2',
    });

    const answers = [await send(stack.ready.api, sign(unsigned)), await send(stack.ready.api, sign(unsigned))];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const id = unsigned.headers['edge-batch-id'];
    expect(await query(`SELECT count() FROM edgehouse.web_events WHERE _batch_id = '${id}'`)).toBe('2');
    expect(await query(`SELECT duplicates, missing FROM edgehouse.batches WHERE batch_id = '${id}'`)).toBe('0\t0');
  });

  test('has its bad rows kept with their reason and its good rows stored', async () => {
    const batch = sign(fresh([ROWS[0], { path: 7, event_time: '2026-13-01T00:00:00Z', nope: 1, _ROW: 2 }, 'text']));

    const answer = await send(stack.ready.api, batch);

    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'stored', received: 3, accepted: 1, quarantined: 2 });
    const codes = JSON.parse(answer.text).errors.map(
      ({ row, column, code }: Record<string, unknown>) => `${row} ${column} ${code}`,
    );
    expect(codes.sort()).toEqual([
      '1 _ROW FIELD_RESERVED',
      '1 event_time FIELD_RANGE',
      '1 nope FIELD_UNKNOWN',
      '1 path FIELD_TYPE',
      '2  ROW_NOT_OBJECT',
    ]);
    const id = batch.headers['edge-batch-id'];
    expect(await query(`SELECT stored, quarantined, missing FROM edgehouse.batches WHERE batch_id = '${id}'`)).toBe(
      '1\t2\t0',
    );
  });

  test('gets 422 with receipt and problem where no row fits, and the row is in quarantine', async () => {
    const batch = sign(fresh([{ path: '/x' }]));

    const answer = await send(stack.ready.api, batch);

    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'ROWS_REFUSED',
      status: 422,
      outcome: 'quarantined',
      quarantined: 1,
      accepted: 0,
    });
    const id = batch.headers['edge-batch-id'];
    expect(await query(`SELECT quarantined, missing FROM edgehouse.batches WHERE batch_id = '${id}'`)).toBe('1\t0');
  });
});

/** A change to a good request. Before signing it is a wrong but honest sender; after signing it is tampering. */
interface Change {
  readonly name: string;
  readonly before?: (batch: Draft) => void;
  readonly after?: (batch: Draft) => void;
  readonly status: number;
  /** The code: in the body where ingest answers, in the audit line where the gateway does. */
  readonly code?: string;
  readonly gateway?: boolean;
}

const REQUIRED = [
  'content-type',
  'content-digest',
  'edge-batch-id',
  'edge-batch-rows',
  'edge-source',
  'signature-input',
  'signature',
];

function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/** Changes one claim of the token without its key: the signature no longer fits. */
function forgeClaim(token: string, name: string, value: unknown): string {
  const [header, payload, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), [name]: value };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

const signatureOf = (name: string, edit: (batch: Draft) => void, code = 'BATCH_SIGNATURE_INVALID'): Change => ({
  name: `signature: ${name}`,
  before: edit,
  status: 401,
  code,
});

const bearer = (edit: (token: string) => string) => (batch: Draft) => {
  const token = String(batch.headers['authorization']).slice('Bearer '.length);
  batch.headers['authorization'] = `Bearer ${edit(token)}`;
};

function changes(): readonly Change[] {
  const setHeader = (name: string, value: string | readonly string[] | undefined) => (batch: Draft) => {
    batch.headers[name] = value;
  };
  const missing = REQUIRED.map(
    (name): Change => ({ name: `no ${name}`, after: setHeader(name, undefined), status: 400, code: 'HEADER_MISSING' }),
  );
  const malformed = [
    ['content-digest', 'md5=:AAAA:'],
    ['edge-batch-id', 'seven'],
    ['edge-batch-rows', '1.5'],
    ['edge-batch-rows', '01'],
    ['edge-source', 'ew/12345/1,ew/12345/2'],
  ] as const;
  const twice = ['edge-batch-id', 'edge-batch-rows', 'edge-source'].map(
    (name): Change => ({
      name: `${name} sent twice`,
      after: (batch) => {
        batch.headers[name] = [String(batch.headers[name]), String(batch.headers[name])];
      },
      status: 400,
      code: 'HEADER_MALFORMED',
    }),
  );
  const claims = [
    ['sub', 'ew:1', 'SIGNATURE_INVALID'],
    ['exp', 4_000_000_000, 'SIGNATURE_INVALID'],
    ['aud', 'other', 'SIGNATURE_INVALID'],
    ['iss', 'https://evil.example', 'ISSUER_UNKNOWN'],
    ['jti', 'x', 'SIGNATURE_INVALID'],
  ] as const;
  const body =
    (text: string | Buffer, rows: string, type = 'application/json') =>
    (batch: Draft) => {
      batch.body = Buffer.from(text);
      Object.assign(batch.headers, {
        'content-digest': digestOf(batch.body),
        'edge-batch-rows': rows,
        'content-type': type,
      });
    };
  const gzip = (batch: Draft) => {
    batch.headers['content-encoding'] = 'gzip';
    batch.components.splice(3, 0, 'content-encoding');
  };
  return [
    ...missing,
    ...malformed.map(
      ([name, value]): Change => ({
        name: `${name}: ${value}`,
        before: setHeader(name, value),
        status: 400,
        code: 'HEADER_MALFORMED',
      }),
    ),
    ...twice,
    {
      name: 'text/plain',
      before: setHeader('content-type', 'text/plain'),
      status: 415,
      code: 'MEDIA_TYPE_UNSUPPORTED',
    },
    { name: 'brotli', before: setHeader('content-encoding', 'br'), status: 415, code: 'ENCODING_UNSUPPORTED' },
    {
      name: 'gzip as JSON',
      before: (batch) => {
        body(gzipSync('[]'), '1')(batch);
        gzip(batch);
      },
      status: 415,
      code: 'ENCODING_UNSUPPORTED',
    },
    {
      name: '4.6 MB',
      before: body(Buffer.alloc(4_600_000, ' '), '1', 'application/json'),
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
    {
      name: 'one byte of the body',
      after: (batch) => {
        batch.body = Buffer.from(batch.body.toString().replace('200', '201'));
      },
      status: 400,
      code: 'DIGEST_MISMATCH',
    },
    {
      name: 'another digest',
      after: setHeader('content-digest', digestOf(Buffer.from('x'))),
      status: 400,
      code: 'DIGEST_MISMATCH',
    },
    ...(['edge-batch-id', 'edge-batch-rows', 'edge-source', 'content-type'] as const).map(
      (name): Change => ({
        name: `${name} changed after signing`,
        after: setHeader(
          name,
          {
            'edge-batch-id': '018f3c3e-0000-7000-8000-000000000000',
            'edge-batch-rows': '9',
            'edge-source': 'ew/12345/9.9',
            'content-type': 'application/json; charset=utf-8',
          }[name],
        ),
        status: 401,
        code: 'BATCH_SIGNATURE_INVALID',
      }),
    ),
    signatureOf('another key', (batch) => {
      batch.key = randomBytes(32);
    }),
    signatureOf('another key id', (batch) => {
      batch.keyId = flip(batch.keyId, batch.keyId.length - 1);
    }),
    signatureOf('an unknown version', (batch) => {
      batch.keyId = `7${batch.keyId.slice(1)}`;
    }),
    signatureOf('another tag', (batch) => {
      batch.tag = 'edgehouse2';
    }),
    signatureOf('another label', (batch) => {
      batch.label = 'sig1';
    }),
    signatureOf('components reordered', (batch) => {
      batch.components.reverse();
    }),
    signatureOf('a component missing', (batch) => {
      batch.components.pop();
    }),
    signatureOf('another stream signed', (batch) => {
      batch.signedPath = '/v1/streams/other/batches';
    }),
    signatureOf(
      '6 minutes old',
      (batch) => {
        batch.created -= 360;
      },
      'BATCH_SIGNATURE_STALE',
    ),
    signatureOf(
      '2 minutes ahead',
      (batch) => {
        batch.created += 120;
      },
      'BATCH_SIGNATURE_STALE',
    ),
    {
      name: 'signature garbage',
      after: setHeader('signature', 'edge=:AAAA:'),
      status: 401,
      code: 'BATCH_SIGNATURE_INVALID',
    },
    {
      name: 'a source of somebody else',
      before: setHeader('edge-source', 'ew/999/1.0'),
      status: 403,
      code: 'POLICY_DENIED',
    },
    {
      name: 'an unknown stream',
      before: (batch) => {
        batch.path = batch.signedPath = '/v1/streams/nope/batches';
      },
      status: 404,
      code: 'STREAM_UNKNOWN',
    },
    {
      name: 'a bomb',
      before: (batch) => {
        body(gzipSync(Buffer.alloc(30_000_000, '\n')), '1', 'application/x-ndjson')(batch);
        gzip(batch);
      },
      status: 413,
      code: 'INFLATE_LIMIT',
    },
    {
      name: 'not gzip',
      before: (batch) => {
        body('[]', '1', 'application/x-ndjson')(batch);
        gzip(batch);
      },
      status: 400,
      code: 'BODY_MALFORMED',
    },
    { name: 'not JSON', before: body('{', '1'), status: 400, code: 'BODY_MALFORMED' },
    { name: 'an object', before: body('{}', '1'), status: 400, code: 'BODY_MALFORMED' },
    {
      name: 'invalid UTF-8 as text',
      before: body(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), '1'),
      status: 400,
      code: 'DIGEST_MISMATCH',
    },
    {
      name: 'invalid UTF-8 as NDJSON',
      before: body(Buffer.from([0x22, 0xff, 0x22]), '1', 'application/x-ndjson'),
      status: 400,
      code: 'BODY_MALFORMED',
    },
    { name: 'no rows', before: body('[]', '0'), status: 400, code: 'ROWS_EMPTY' },
    { name: '10,001 rows', before: body(`[${'0,'.repeat(10_000)}0]`, '10001'), status: 413, code: 'ROWS_TOO_MANY' },
    { name: 'a row more than declared', before: body('[{},{}]', '1'), status: 400, code: 'HEADER_MISMATCH' },
    { name: 'no token', after: setHeader('authorization', undefined), status: 401, gateway: true },
    {
      name: 'not a bearer token',
      after: setHeader('authorization', 'Basic eA=='),
      status: 403,
      code: 'TOKEN_MALFORMED',
      gateway: true,
    },
    {
      name: 'token cut short',
      after: bearer((token) => token.slice(0, -10)),
      status: 403,
      code: 'SIGNATURE_INVALID',
      gateway: true,
    },
    {
      name: 'token of two parts',
      after: bearer((token) => token.split('.').slice(0, 2).join('.')),
      status: 403,
      code: 'TOKEN_MALFORMED',
      gateway: true,
    },
    ...claims.map(
      ([name, value, code]): Change => ({
        name: `claim ${name}`,
        after: bearer((token) => forgeClaim(token, name, value)),
        status: 403,
        code,
        gateway: true,
      }),
    ),
    {
      name: 'no such route',
      before: (batch) => {
        batch.path = '/v1/streams';
      },
      status: 404,
      gateway: true,
    },
    {
      name: 'another method',
      after: (batch) => {
        batch.method = 'PUT';
      },
      status: 404,
      gateway: true,
    },
  ];
}

describe('one change to a good request', () => {
  test.each(changes().map((change) => [change.name, change] as const))('%s', async (_name, change) => {
    const batch = fresh();
    const id = String(batch.headers['edge-batch-id']);
    change.before?.(batch);
    const signed = sign(batch);
    change.after?.(signed);

    const answer = await send(stack.ready.api, signed);

    const requestId = String(answer.headers['apigw-requestid']);
    expect(answer.status).toBe(change.status);
    const codes = auditLines(requestId).flatMap(({ code }) => (code === undefined ? [] : [code]));
    expect(codes).toEqual(change.code === undefined ? [] : [change.code]);
    if (change.gateway) {
      expect(Object.keys(JSON.parse(answer.text))).toEqual(['message']);
      expect(answer.headers['edgehouse-request-id']).toBeUndefined();
    } else {
      expect(answer.headers['content-type']).toBe('application/problem+json');
      const problem = JSON.parse(answer.text);
      expect(problem).toMatchObject({ status: change.status, code: change.code, requestId });
      expect(
        [problem.type, problem.title, problem.detail, problem.next].every((text) => typeof text === 'string'),
      ).toBe(true);
      expect(answer.headers['edgehouse-request-id']).toBe(requestId);
    }
    expect(await query(`SELECT count() FROM edgehouse.web_events WHERE _batch_id = '${id}'`)).toBe('0');
  });
});

describe('inside the authorizer cache', () => {
  test('a token allowed for one stream is denied on another, by ingest alone', async () => {
    await send(stack.ready.api, sign(fresh()));
    const other = sign(draft(item, stack.ready.source, ROWS, 'other_events'));

    const answer = await send(stack.ready.api, other);

    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text).code).toBe('POLICY_DENIED');
    const kinds = auditLines(String(answer.headers['apigw-requestid'])).map(({ audit }) => audit);
    expect(kinds).toEqual(['batch']);
  });

  test('a token that passes exp + 30 s gets 401 TOKEN_EXPIRED from ingest', async () => {
    const [, payload = ''] = item.token.split('.');
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const remaining = exp * 1000 - Date.now();
    now = remaining + 5_000;
    const inside = sign({ ...fresh(), created: exp + 5 });
    const first = await send(stack.ready.api, inside);
    now = remaining + 31_000;

    const answer = await send(stack.ready.api, sign({ ...fresh(), created: exp + 31 }));

    now = 0;
    expect(first.status).toBe(200);
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text).code).toBe('TOKEN_EXPIRED');
  });
});

test('a token of another issuer’s key is refused although every claim fits', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [header = '', payload = ''] = item.token.split('.');
  const forged = `${header}.${payload}.${rsaSign('sha256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')}`;
  const hash = createHash('sha256').update(forged).digest('base64url');
  const batch = sign({
    ...draft({ ...item, token: forged }, stack.ready.source, ROWS),
    keyId: `1.${hash.slice(0, 16)}`,
  });

  const answer = await send(stack.ready.api, batch);

  expect(answer.status).toBe(403);
  expect(auditLines(String(answer.headers['apigw-requestid'])).map(({ code }) => code)).toEqual(['SIGNATURE_INVALID']);
});
