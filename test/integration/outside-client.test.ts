import { createHash, generateKeyPairSync, sign as rsaSign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config } from '../../config/loaded.ts';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { credentialChanges } from './support/credential-changes.ts';
import { digestOf, draft, type Item, send, sign } from './support/outside-client.ts';
import { requestChanges } from './support/request-changes.ts';

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

describe('one change to a good request', () => {
  const changes = [...requestChanges(), ...credentialChanges()];

  test.each(changes.map((change) => [change.name, change] as const))('%s', async (_name, change) => {
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
