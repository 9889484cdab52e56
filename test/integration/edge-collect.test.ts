import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config } from '#config';
import { type ReadyLine, type Stack, startStack } from '../../local/start-stack.ts';
import {
  type ClientBatch,
  type CollectorReply,
  countEvents,
  ledgerOf,
  PARIS,
  postClientBatch,
} from './support/edge-client-batch.ts';
import { visible, visit } from './support/edge-visitor.ts';
import { queryStack } from './support/query-stack.ts';

let folder: string;
let stack: Stack;
let ready: ReadyLine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-collect-'));
  stack = await startStack({ config, dataDir: join(folder, 'data'), say: () => {} });
  ready = stack.ready;
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** JavaScript contexts of the local edge: each counts for itself. */
const CONTEXTS = 4;
const BURST = 50;
const WHOLE = { principal: 'web-collector', declared: 2, stored: 2, quarantined: 0, missing: 0, duplicates: 0 };

function twoEvents(name: string) {
  return ['/a', '/b'].map((path) => ({ event_time: '2026-11-23T10:00:00.123Z', path, event_name: name }));
}

describe('a page that posts a batch', () => {
  test.each<[string, (id: string) => readonly Omit<ClientBatch, 'events'>[]]>([
    ['as header', (id) => [{ id }, { id }]],
    ['in the query', (id) => [{ queryId: id }, { queryId: id }]],
    ['first as header, then in the query', (id) => [{ id }, { queryId: id }]],
    ['in capitals the second time', (id) => [{ id }, { id: id.toUpperCase() }]],
    ['as header and in the query', (id) => [{ id, queryId: id }, { queryId: id }]],
  ])('twice with its id %s is told 202 twice, and each event is there once', async (_how, attempts) => {
    const id = randomUUID();
    const events = twoEvents(id);

    const replies = [];
    for (const attempt of attempts(id)) replies.push(await postClientBatch(ready, { events, ...attempt }));

    const stored = { status: 202, json: { batchId: id, outcome: 'stored', received: 2, accepted: 2, quarantined: 0 } };
    expect(replies).toEqual([stored, stored]);
    expect(await countEvents(ready, `event_name = '${id}'`)).toBe(2);
    expect(await ledgerOf(ready, id)).toEqual([WHOLE]);
  });

  test('five times at once under one id has it stored once', async () => {
    const id = randomUUID();
    const events = twoEvents(id);

    const replies = await Promise.all(Array.from({ length: 5 }, () => postClientBatch(ready, { events, id })));

    expect(replies.map(({ status }) => status)).toEqual(Array(5).fill(202));
    expect(await countEvents(ready, `event_name = '${id}'`)).toBe(2);
    expect(await ledgerOf(ready, id)).toEqual([WHOLE]);
  });

  test.each<[string, () => Omit<ClientBatch, 'events'>]>([
    ['under another id', () => ({ id: randomUUID() })],
    ['without an id', () => ({})],
  ])('twice %s has it stored twice', async (_how, attempt) => {
    const name = randomUUID();
    const events = twoEvents(name);

    await postClientBatch(ready, { events, ...attempt() });
    await postClientBatch(ready, { events, ...attempt() });

    expect(await countEvents(ready, `event_name = '${name}'`)).toBe(4);
  });

  test.each([
    ['browser', { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile' }],
    ['network', { 'x-forwarded-for': '198.51.100.7' }],
    ['place', { 'x-akamai-edgescape': 'country_code=DE,city=BERLIN' }],
  ])('twice under one id, the second time from another %s, has two batches of that id', async (_what, headers) => {
    const id = randomUUID();
    const events = twoEvents(id);

    await postClientBatch(ready, { events, id });
    const second = await postClientBatch(ready, { events, id, headers });

    expect(second).toMatchObject({ status: 202, json: { batchId: id } });
    expect(await countEvents(ready, `event_name = '${id}'`)).toBe(4);
    expect(await ledgerOf(ready, id)).toEqual([WHOLE, WHOLE]);
  });

  test('twice under one id from another address of its network has it stored once', async () => {
    const id = randomUUID();
    const events = twoEvents(id);

    await postClientBatch(ready, { events, id });
    await postClientBatch(ready, { events, id, headers: { 'x-forwarded-for': '203.0.113.200' } });

    expect(await countEvents(ready, `event_name = '${id}'`)).toBe(2);
  });
});

const FACTS =
  '_trust, _principal, _source, _auth, country, region, city, client_network, device, user_agent, request_id';

describe('the rows', () => {
  test('of a client say so, and have what the edge knows instead of what the client claims', async () => {
    const id = randomUUID();
    const claimed = {
      country: 'XX',
      region: 'XX',
      city: 'X',
      client_network: '10.0.0.1',
      device: 'x',
      request_id: 'x',
    };
    const events = [{ ...twoEvents(id)[0], ...claimed, user_agent: 'claimed' }];

    await postClientBatch(ready, { id, events });

    const rows = await queryStack(ready, `SELECT ${FACTS} FROM edgehouse.web_events WHERE _batch_id = '${id}'`);
    const source = expect.stringMatching(/^ew\/12346\/\d+\.\d+\.\d+$/);
    const edge = ['FR', 'IDF', 'PARIS', '203.0.113.0/24', 'desktop', PARIS['user-agent'], `${id}/0`];
    expect(rows).toEqual([['client', 'web-collector', source, 'token', ...edge]]);
  });

  test('of a client lose what it claims where the edge knows nothing', async () => {
    const id = randomUUID();
    const events = [{ ...twoEvents(id)[0], country: 'XX', client_network: '10.0.0.1' }];

    await postClientBatch(ready, {
      id,
      events,
      headers: { 'x-akamai-edgescape': '', 'x-forwarded-for': '2001:db8:7:1::5' },
    });

    const columns = 'country IS NULL, city IS NULL, client_network';
    const rows = await queryStack(ready, `SELECT ${columns} FROM edgehouse.web_events WHERE _batch_id = '${id}'`);
    expect(rows).toEqual([['1', '1', '2001:db8:7::/48']]);
  });

  test('of a page’s request are the edge’s own', async () => {
    const path = `/page/${randomUUID()}`;

    await visit(ready.edge, { target: `${path}?a=b`, headers: PARIS });
    await eventOf(path);

    const columns = '_trust, _principal, _source, method, status, query, country, client_network, event_type';
    const rows = await queryStack(ready, `SELECT ${columns} FROM edgehouse.web_events WHERE path = '${path}'`);
    const source = expect.stringMatching(/^ew\/12345\/\d+\.\d+\.\d+$/);
    expect(rows).toEqual([['edge', 'web-edge', source, 'GET', '200', 'a=b', 'FR', '203.0.113.0/24', 'request']]);
  });
});

describe('a batch of CSV', () => {
  const HEADER = 'event_time,path,status,country,event_name,query';
  const time = '2026-11-23T10:00:00.123Z';

  test('is stored once however often it is sent, its texts as what the columns hold, and with what the edge knows', async () => {
    const id = randomUUID();
    const csv = `${HEADER}\r\n${time},"/a,""b""",404,XX,${id},\r\n${time},/c,,XX,${id},""\r\n`;

    const replies = [await postClientBatch(ready, { id, csv }), await postClientBatch(ready, { id, csv })];

    const stored = { status: 202, json: { batchId: id, outcome: 'stored', received: 2, accepted: 2, quarantined: 0 } };
    expect(replies).toEqual([stored, stored]);
    const columns =
      "path, ifNull(toString(status), 'NULL'), ifNull(query, 'NULL'), country, client_network, request_id, _trust";
    const rows = await queryStack(
      ready,
      `SELECT ${columns} FROM edgehouse.web_events WHERE _batch_id = '${id}' ORDER BY _row`,
    );
    const edge = (row: number) => ['FR', '203.0.113.0/24', `${id}/${row}`, 'client'];
    expect(rows).toEqual([
      ['/a,"b"', '404', 'NULL', ...edge(0)],
      ['/c', 'NULL', '', ...edge(1)],
    ]);
    expect(await ledgerOf(ready, id)).toEqual([WHOLE]);
  });

  test('loses no record: those that do not fit go to quarantine, also where they are of the wrong length', async () => {
    const id = randomUUID();
    const csv = `${HEADER}\n${time},/a,200,XX,${id},\n${time},/b,many,XX,${id},\n${time},/c,200,XX,${id}\n`;

    const reply = await postClientBatch(ready, { id, csv });

    expect(reply).toMatchObject({ status: 202, json: { received: 3, accepted: 1, quarantined: 2 } });
    expect(await refusedOf(id)).toEqual([
      ['1', "['FIELD_TYPE']", "['status']", 'client'],
      ['2', "['ROW_NOT_OBJECT']", "['']", 'client'],
    ]);
  });
});

test('an address that posts more than a visitor may is told to wait; another one is not', async () => {
  const busy = { 'x-forwarded-for': '198.51.100.99' };
  const { batchesPerMinute = 0 } = config.edge.collector?.visitorRate ?? {};
  // What is refused counts too; twice as many, since each second gives some back.
  const most = 2 * batchesPerMinute * CONTEXTS;
  let refused: CollectorReply | undefined;
  for (let sent = 0; sent < most && refused === undefined; sent += BURST) {
    const burst = Array.from({ length: BURST }, () => postClientBatch(ready, { events: [], headers: busy }));
    refused = (await Promise.all(burst)).find(({ status }) => status === 429);
  }

  const other = await postClientBatch(ready, { events: twoEvents(randomUUID()) });

  expect(refused).toMatchObject({ json: { code: 'RATE_LIMITED', retryable: true } });
  expect(other.status).toBe(202);
});

describe('an event that does not fit', () => {
  test('goes to quarantine with its code and is counted; the others are stored', async () => {
    const id = randomUUID();
    const [good] = twoEvents(id);
    const strange = [{ ...good, _trust: 'edge' }, { ...good, nope: 1 }, 7, { ...good, status: 'many' }, { path: '/' }];

    const reply = await postClientBatch(ready, { id, events: [good, ...strange] });

    expect(reply).toEqual({
      status: 202,
      json: { batchId: id, outcome: 'stored', received: 6, accepted: 1, quarantined: 5 },
    });
    expect(await refusedOf(id)).toEqual([
      ['1', "['FIELD_RESERVED']", "['_trust']", 'client'],
      ['2', "['FIELD_UNKNOWN']", "['nope']", 'client'],
      ['3', "['ROW_NOT_OBJECT']", "['']", 'client'],
      ['4', "['FIELD_TYPE']", "['status']", 'client'],
      ['5', "['FIELD_MISSING']", "['event_time']", 'client'],
    ]);
    expect(await ledgerOf(ready, id)).toEqual([{ ...WHOLE, declared: 6, stored: 1, quarantined: 5 }]);
  });

  test('and leaves no other is answered 422, and is kept once however often it is sent', async () => {
    const id = randomUUID();
    const events = twoEvents(id).map((event) => ({ ...event, _principal: 'web-edge' }));

    const replies = [await postClientBatch(ready, { id, events }), await postClientBatch(ready, { id, events })];

    const refused = { code: 'ROWS_REFUSED', batchId: id, received: 2, accepted: 0, quarantined: 2 };
    for (const reply of replies) expect(reply).toMatchObject({ status: 422, json: refused });
    expect(await refusedOf(id)).toHaveLength(2);
    expect(await ledgerOf(ready, id)).toEqual([{ ...WHOLE, stored: 0, quarantined: 2 }]);
    expect(await countEvents(ready, `event_name = '${id}'`)).toBe(0);
  });
});

test('OPTIONS of a page is answered by the site, and makes no event', async () => {
  const path = `/page/${randomUUID()}`;
  const invocations = async () => (await stack.edge.report()).handlers.map((handler) => handler.invocations);
  const before = await invocations();

  const asked = await visit(ready.edge, { method: 'OPTIONS', target: path, headers: PARIS });
  const page = await visit(ready.edge, { target: path, headers: PARIS });
  await eventOf(path);

  expect(visible(asked)).toEqual(visible(page));
  const added = (await invocations()).map((count, index) => count - (before[index] ?? 0));
  expect(added).toEqual([0, 1]);
  const methods = await queryStack(ready, `SELECT method FROM edgehouse.web_events WHERE path = '${path}'`);
  expect(methods).toEqual([['GET']]);
});

test('a browser of another origin that asks the collector is told what it may send', async () => {
  const [origin = ''] = config.edge.allowedOrigins;
  const asked = {
    ...PARIS,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'edge-batch-id',
  };

  const told = await visit(ready.edge, { method: 'OPTIONS', target: '/collect', headers: { ...asked, origin } });
  const stranger = await visit(ready.edge, {
    method: 'OPTIONS',
    target: '/collect',
    headers: { ...asked, origin: 'https://evil.example' },
  });

  expect([told.status, stranger.status]).toEqual([204, 403]);
  expect(told.headers).toEqual(
    expect.arrayContaining([
      ['access-control-allow-origin', origin],
      ['access-control-allow-headers', 'content-type, edge-batch-id'],
    ]),
  );
});

const LOOK_AGAIN_MS = 25;

/** Resolves when a page's event is stored: no visitor waits for it. The test's own time limit ends it. */
async function eventOf(path: string): Promise<void> {
  while ((await countEvents(ready, `path = '${path}'`)) === 0) await pause(LOOK_AGAIN_MS);
}

/** A reader may not see the quarantine. */
async function refusedOf(id: string): Promise<readonly (readonly string[])[]> {
  const { username, password } = new URL(ready.clickhouseAdmin ?? '');
  const clickhouseHeaders = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
  const sql = `SELECT _row, codes, columns, _trust FROM edgehouse.quarantine WHERE _batch_id = '${id}' ORDER BY _row`;
  return queryStack({ ...ready, clickhouseHeaders }, sql);
}
