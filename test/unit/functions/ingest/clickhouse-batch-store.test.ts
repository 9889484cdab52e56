import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ClosableBatchStore,
  createClickHouseBatchStore,
} from '../../../../functions/ingest/clickhouse-batch-store.ts';
import { listen } from '../../../../local/listen.ts';

type Answer = (incoming: IncomingMessage, response: ServerResponse) => void;

let answer: Answer;
let addresses: URL[];
let store: ClosableBatchStore;
let close: () => void;

/** What ClickHouse says of a failure; the text quotes what it must not. */
function exception(code: number, more = ''): string {
  return `Code: ${code}. DB::Exception: canary${more}. (MADE_UP) (version 26.7.1.1)\n`;
}

function fails(code: number, more = ''): Answer {
  return (_incoming, response) =>
    void response.writeHead(500, { 'x-clickhouse-exception-code': String(code) }).end(exception(code, more));
}

const SCATTERED = ': Too many partitions for single INSERT block (more than 100)';

beforeEach(async () => {
  addresses = [];
  const server = createServer((incoming, response) => {
    addresses.push(new URL(incoming.url ?? '', 'http://127.0.0.1'));
    incoming.resume().once('end', () => answer(incoming, response));
  });
  const url = await listen(server, 0);
  const account = { get: async () => ({ url, username: 'writer', password: 'secret' }), expire: () => undefined };
  store = createClickHouseBatchStore({ database: 'edgehouse', writer: account, inspector: account });
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(async () => {
  await store.close();
  close();
});

function insert({ alone = false, signal = AbortSignal.timeout(5_000) } = {}): Promise<void> {
  const bytes = Buffer.from([1]);
  const identity = { deduplicationToken: 'token', queryId: 'query' };
  return store.insert({
    table: 'hits',
    columns: ['a'],
    format: 'RowBinaryWithDefaults',
    bytes,
    ...identity,
    alone,
    signal,
  });
}

describe('an insert', () => {
  test.each([
    ['a code that is known', fails(252), { clickhouseCode: 252, fault: 'table-pressed' }],
    ['rows of too many partitions', fails(252, SCATTERED), { clickhouseCode: 252, fault: 'data' }],
    ['as many of a view', fails(252, `${SCATTERED}: while pushing to view edgehouse.mine`), { fault: 'view' }],
    ['a bad row', fails(469), { clickhouseCode: 469, fault: 'data' }],
    ['a bad row in a view', fails(6, ': while pushing to view edgehouse.mine'), { clickhouseCode: 6, fault: 'view' }],
    ['a code that nobody knows', fails(12_345), { clickhouseCode: 12_345, fault: 'unknown' }],
    ['a page of a proxy', ((_, r) => void r.writeHead(502).end('<html>')) satisfies Answer, { fault: 'disconnected' }],
    [
      '200, and then an exception',
      ((_, r) => void r.end(exception(241))) satisfies Answer,
      { clickhouseCode: 241, fault: 'uncertain' },
    ],
    [
      '200, and then half a word',
      ((_, r) => void r.end('Cod')) satisfies Answer,
      { clickhouseCode: 1002, fault: 'uncertain' },
    ],
    ['a connection that is cut', ((i) => void i.socket.destroy()) satisfies Answer, { fault: 'disconnected' }],
    ['a connection that is half closed', ((i) => void i.socket.end()) satisfies Answer, { fault: 'disconnected' }],
    [
      'an answer that breaks off',
      ((i, r) => void r.writeHead(200, { 'content-length': 9 }).write('x', () => i.socket.destroy())) satisfies Answer,
      { fault: 'disconnected' },
    ],
  ])('that is answered with %s fails as what it is, without a word of the text', async (_what, reply, expected) => {
    answer = reply;

    const error = await insert().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name: 'StoreError', ...expected });
    expect(String(error)).not.toContain('canary');
  });

  test('that is never answered is silent when its patience ends', async () => {
    answer = () => undefined;
    await expect(insert({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ fault: 'silent' });
  });

  test('whose answer begins and never ends is silent as well', async () => {
    answer = (_incoming, response) => void response.writeHead(200).write('x');
    await expect(insert({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ fault: 'silent' });
  });

  test('is not made at all when the time is over before: ClickHouse hears nothing of it', async () => {
    answer = () => undefined;
    await expect(insert({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
    expect(addresses).toEqual([]);
  });

  test('that ClickHouse knows already is stored', async () => {
    answer = fails(389);
    await expect(insert()).resolves.toBeUndefined();
  });

  test('waits for its flush with others, or is made alone, under the same token', async () => {
    answer = (_incoming, response) => void response.end();

    await insert();
    await insert({ alone: true });

    const settings = (name: string) => addresses.map(({ searchParams }) => searchParams.get(name));
    expect(settings('async_insert')).toEqual(['1', '0']);
    expect(settings('async_insert_max_data_size')).toEqual(['104857600', '104857600']);
    expect(settings('wait_for_async_insert')).toEqual(['1', '1']);
    expect(settings('insert_deduplication_token')).toEqual(['token', 'token']);
  });

  test('with a password that is refused is not made a second time with the same', async () => {
    answer = fails(516);
    await expect(insert()).rejects.toMatchObject({ fault: 'credential' });
    expect(addresses).toHaveLength(1);
  });
});

test('the ledger of a server that writes 64-bit counts as text is read as numbers, and nothing known as zeros', async () => {
  const address = { principal: 'web', stream: 'hits', batchId: '01930000-0000-7000-8000-000000000001', digest: 'd' };
  answer = (_incoming, response) => void response.end('{"stored":"7","quarantined":1,"missing":"2"}\n');
  expect(await store.ledger(address, AbortSignal.timeout(5_000))).toEqual({ stored: 7, quarantined: 1, missing: 2 });

  answer = (_incoming, response) => void response.end('');
  expect(await store.ledger(address, AbortSignal.timeout(5_000))).toEqual({ stored: 0, quarantined: 0, missing: 0 });
});
