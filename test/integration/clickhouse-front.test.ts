import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readStatement } from '../../local/clickhouse/read-statement.ts';
import { scratchPrefix } from '../../local/clickhouse/scratch-dir.ts';
import { type Account, type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';
import { latin1 } from '../../local/clickhouse/utf8-text.ts';

const ACCOUNTS: readonly Account[] = [
  { user: 'admin', password: 'admin-password', admin: true },
  { user: 'writer', password: 'writer-password' },
  { user: 'reader', password: 'reader-password' },
  { user: 'nobody', password: 'nobody-password' },
];

const ACCESS_SQL = [
  'CREATE ROLE IF NOT EXISTS writer_role',
  'GRANT INSERT ON shop.events TO writer_role',
  'GRANT INSERT ON shop.counted TO writer_role',
  'GRANT INSERT ON shop.`odd <&> "name"` TO writer_role',
  'CREATE SETTINGS PROFILE writer_profile SETTINGS max_rows_to_read = 10000000 CONST, max_execution_time = 30 MIN 1 MAX 30',
  `CREATE USER IF NOT EXISTS writer IDENTIFIED WITH sha256_hash BY '${'0'.repeat(64)}' SETTINGS PROFILE 'writer_profile'`,
  'GRANT writer_role TO writer',
  'CREATE QUOTA OR REPLACE writer_quota FOR INTERVAL 1 hour MAX query_selects = 10 TO writer',
  'CREATE ROLE reader_role',
  'GRANT SELECT ON shop.events TO reader_role',
  'GRANT SELECT ON shop.few TO reader_role',
  'CREATE SETTINGS PROFILE reader_profile SETTINGS max_result_rows = 10, max_threads = 2 MAX 4 CHANGEABLE_IN_READONLY, readonly = 1 TO reader_role',
  'CREATE USER reader',
  'GRANT reader_role TO reader',
  'CREATE USER nobody',
];

const SCHEMA = [
  'CREATE DATABASE shop',
  "CREATE TABLE shop.events (id UInt64, note String DEFAULT '') ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100",
  'CREATE TABLE shop.victim (id UInt64) ENGINE = MergeTree ORDER BY id',
  'CREATE TABLE shop.counted (id UInt64) ENGINE = MergeTree ORDER BY id',
  'CREATE TABLE shop.counts (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple()',
  'CREATE MATERIALIZED VIEW shop.counter TO shop.counts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT count() AS n FROM shop.counted',
  'CREATE VIEW shop.few DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM shop.counted WHERE id < 2',
  'CREATE TABLE shop.`odd <&> "name"` (id UInt64) ENGINE = MergeTree ORDER BY id',
];

let directory: string;
let engine: Engine;
let admin: ClickHouseClient;
let writer: ClickHouseClient;
let reader: ClickHouseClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgehouse-front-test-'));
  engine = await startEngine({ dataDir: join(directory, 'data'), accounts: ACCOUNTS, accessSql: ACCESS_SQL });
  [admin, writer, reader] = [client('admin'), client('writer'), client('reader')];
  for (const query of SCHEMA) await admin.command({ query });
});

afterAll(async () => {
  await Promise.all([admin, writer, reader].map((open) => open?.close()));
  await engine?.stop();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  for (const table of ['events', 'victim', 'counted', 'counts'])
    await admin.command({ query: `TRUNCATE TABLE shop.${table}` });
});

describe('what a session of the engine would hand on to the next', () => {
  test('a result that broke off is not put before the result of the next query', async () => {
    const broken = 'SELECT number, throwIf(number = 300000) FROM numbers(400000)';

    const failed = await get(broken, { default_format: 'JSON' });
    const streamed = await get(broken, { default_format: 'JSONEachRow' });
    const next = await Promise.all(
      Array.from({ length: 8 }, () => get('SELECT 7 AS seven', { default_format: 'CSV' })),
    );

    expect(failed.status).toBe(500);
    expect(streamed.text).toContain('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO');
    expect(next.map(({ text }) => text)).toEqual(Array(8).fill('7\n'));
  });

  test('a stream that breaks off fails for the reader of the client, with the code', async () => {
    const rows = await admin.query({
      query: 'SELECT number, throwIf(number = 300000) FROM numbers(400000)',
      format: 'JSONEachRow',
    });

    const reading = (async () => {
      for await (const _chunk of rows.stream());
    })();

    await expect(reading).rejects.toMatchObject({ code: '395' });
  });

  test('a deduplication token counts for its own insert only', async () => {
    const insert = (id: number, token?: string) =>
      writer.insert({
        table: 'shop.events',
        values: [{ id }],
        format: 'JSONEachRow',
        clickhouse_settings: token === undefined ? {} : { insert_deduplication_token: token },
      });

    await insert(1, 'first');
    await insert(1, 'first');
    await insert(2);
    await insert(3);

    expect(await column('SELECT id FROM shop.events ORDER BY id')).toEqual([1, 2, 3]);
  });

  test('readonly holds for its own request only', async () => {
    const refused = admin.command({
      query: 'INSERT INTO shop.events (id) SELECT 1',
      clickhouse_settings: { readonly: '1' },
    });

    await expect(refused).rejects.toMatchObject({ code: '164' });
    await admin.command({ query: 'INSERT INTO shop.events (id) SELECT 2' });
    expect(await column('SELECT id FROM shop.events')).toEqual([2]);
  });
});

describe('data of an insert', () => {
  test('an empty line in CSV does not end the data, and nothing behind it runs', async () => {
    const sent = await post('1\n\nDROP TABLE victim;', {
      query: 'INSERT INTO events (id) FORMAT CSV',
      database: 'shop',
      input_format_csv_skip_trailing_empty_lines: '1',
    });

    expect(sent.code).toBe('117');
    expect(sent.text).not.toContain('/body-');
    expect(await column('SELECT count() FROM shop.victim')).toEqual([0]);
  });

  test('the bytes 0A 0A in RowBinary are a value', async () => {
    const body = Buffer.alloc(24);
    for (const [at, value] of [0x0a0an, 0x0a0a0a0an, 5n].entries()) body.writeBigUInt64LE(value, at * 8);

    const sent = await post(body, { query: 'INSERT INTO shop.events (id) FORMAT RowBinary' });

    expect(sent.status).toBe(200);
    expect(await column('SELECT id FROM shop.events ORDER BY id')).toEqual([5, 0x0a0a, 0x0a0a0a0a]);
  });

  test.each([
    [
      'a value of JSONEachRow',
      '{"id":1,"note":"a\\n\\nDROP TABLE shop.victim;"}',
      'JSONEachRow',
      'a\n\nDROP TABLE shop.victim;',
    ],
    ['a quoted field of CSV', '1,"a\n\nDROP TABLE shop.victim; b"\n', 'CSV', 'a\n\nDROP TABLE shop.victim; b'],
    ['a string of VALUES', "(1, 'a\n\nDROP TABLE shop.victim; b')", 'Values', 'a\n\nDROP TABLE shop.victim; b'],
  ])('an empty line and SQL in %s are stored', async (_where, body, format, stored) => {
    const inBody = await post(`INSERT INTO shop.events (id, note) FORMAT ${format}\n${body}`);

    expect(inBody).toMatchObject({ status: 200, text: '' });
    expect(await column('SELECT note FROM shop.events')).toEqual([stored]);
  });

  test('rows arrive in whatever way a client sends them', async () => {
    await writer.insert({ table: 'shop.events', values: [{ id: 1 }], format: 'JSONEachRow' });
    await writer.insert({
      table: 'shop.events',
      values: Readable.from([[2], [3]]),
      columns: ['id'],
      format: 'JSONCompactEachRow',
    });
    await writer.exec({ query: 'INSERT INTO shop.events (id) FORMAT CSV', values: Readable.from(['4\n5\n']) });
    await writer.command({ query: 'INSERT INTO shop.events (id) VALUES (6), (7);' });
    const zipped = client('writer', { compression: { request: true } });
    await zipped.insert({ table: 'shop.events', values: [{ id: 8 }], format: 'JSONEachRow' });
    await zipped.close();
    const split = await post('10\n', { query: 'INSERT INTO shop.events (id) FORMAT CSV 9' });
    const nothing = await post('', { query: 'INSERT INTO shop.events (id) FORMAT JSONEachRow' });

    expect([split.status, nothing.status]).toEqual([200, 200]);
    expect(await column('SELECT id FROM shop.events ORDER BY id')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('a large body passes, compressed or not, and says how many rows were written', async () => {
    const body = Array.from({ length: 200_000 }, (_, id) => `{"id":${id}}`).join('\n');
    const query = 'INSERT INTO shop.victim FORMAT JSONEachRow';

    const plain = await post(body, { query });
    const gzip = await post(gzipSync(body), { query }, { 'Content-Encoding': 'gzip' });
    const zstd = await post(zstdCompressSync(body), { query }, { 'Content-Encoding': 'zstd' });
    const unknown = await post(body, { query }, { 'Content-Encoding': 'secret' });

    expect(JSON.parse(plain.summary ?? '{}')).toMatchObject({ written_rows: '200000' });
    expect([gzip.status, zstd.status, unknown.code]).toEqual([200, 200, '89']);
    expect(await column('SELECT count() FROM shop.victim')).toEqual([600_000]);
  });

  test('a row that does not fit refuses the insert, with the code and without the name of a file', async () => {
    const inserting = writer.insert({ table: 'shop.events', values: [{ id: 'twelve' }], format: 'JSONEachRow' });

    const error = await inserting.catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ClickHouseError);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(27|72)$/),
      message: expect.not.stringMatching(/body-|\/dev\/shm/),
    });
    expect(await column('SELECT count() FROM shop.events')).toEqual([0]);
  });

  test('an upload that breaks off stores nothing and leaves no file', async () => {
    const sending = httpRequest(
      `${engine.url}/?query=${encodeURIComponent('INSERT INTO shop.events (id) FORMAT CSV')}`,
      {
        method: 'POST',
        headers: { ...credentials('writer'), 'Content-Length': '1000000' },
      },
    );
    sending.on('error', () => undefined);
    sending.write('1\n'.repeat(100_000));
    await until(async () => (await bodies()) === 1);

    sending.destroy();
    await until(async () => (await bodies()) === 0);

    expect(await column('SELECT count() FROM shop.events')).toEqual([0]);
  });
});

describe('statements', () => {
  test.each([
    ['a second statement', 'SELECT 1; DROP TABLE shop.victim', '62'],
    ['a second one behind a curly quote', "SELECT ‘'’; DROP TABLE shop.victim --'", '62'],
    ['a second one behind a // comment', "SELECT 1 //'\n; DROP TABLE shop.victim --'", '62'],
    ['a second one behind a nested comment', "SELECT 1 /* /* */ ' */; DROP TABLE shop.victim --'", '62'],
    ['a second one behind a heredoc', "SELECT $a$'$a$; DROP TABLE shop.victim --'", '62'],
    ['a second one behind an escaped quote', "SELECT 'a\\''; DROP TABLE shop.victim --'", '62'],
    ['a NUL', 'SELECT 1\0 and more', '62'],
    ['INTO OUTFILE', "SELECT 1 INTO OUTFILE '/tmp/edgehouse-outfile' FORMAT CSV", '1'],
    ['FROM INFILE', "INSERT INTO shop.events FROM INFILE '/etc/hostname' FORMAT CSV", '1'],
    ['nothing', ' ', '62'],
  ])('%s is refused', async (_what, sql, code) => {
    // In a format that is not streamed: the engine's stream refuses a second statement by itself.
    const answer = await post(sql, { default_format: 'JSON' });

    expect(answer.code).toBe(code);
    expect(await column('SELECT count() FROM shop.victim')).toEqual([0]);
  });

  test('what the scanner takes for one statement, the engine does not take for two', async () => {
    const piece = fc.constantFrom(
      ...["'", '"', '`', '\\', ' ', '\n', '--', '//', '/*', '*/', '# ', '#!', '$', '$$', '$a$', '‘', '’', '“', '”'],
      ...['\u00a0', 'x', "x'", '1', '.', '-', 'é', '(', ')', '−', '\r', '#', "'a'", '\\\\'],
    );
    const first = fc
      .tuple(fc.constantFrom("'a'", '1 AS y', '2 ', '"a"'), fc.array(piece, { maxLength: 7 }))
      .map(([value, pieces]) => `SELECT ${value}${pieces.join('')}`);
    const single = fc
      .sample(first, { numRuns: 60_000, seed: 20_261_123 })
      .map((text) => ({ first: text, whole: `${text}; )` }))
      .filter(({ whole }) => accepts(whole));
    await admin.command({ query: 'CREATE TABLE shop.texts (first String, whole String) ENGINE = Memory' });
    await admin.insert({ table: 'shop.texts', values: single, format: 'JSONEachRow' });

    // Where the engine takes the first part for a statement and the whole for none, it saw the semicolon: it would run the first part,
    // and then what follows.
    const two = await column(
      'SELECT whole FROM shop.texts WHERE formatQueryOrNull(first) IS NOT NULL AND formatQueryOrNull(whole) IS NULL',
    );
    const commented = await column('SELECT count() FROM shop.texts WHERE formatQueryOrNull(whole) IS NOT NULL');

    expect(two).toEqual([]);
    expect(Number(commented[0])).toBeGreaterThan(500);
  });

  test('parameters, database and formats work as on a server', async () => {
    await admin.insert({ table: 'shop.events', values: [{ id: 9, note: "it's\t\\ é" }], format: 'JSONEachRow' });

    const result = await reader.query({
      query: 'SELECT id, {text: String} = note AS same FROM {table: Identifier} WHERE id = {id: UInt64}',
      query_params: { text: "it's\t\\ é", table: 'events', id: 9 },
      format: 'JSON',
      http_headers: { 'X-ClickHouse-Database': 'shop' },
      query_id: 'my-query',
    });

    expect(result.query_id).toBe('my-query');
    expect((await result.json()).data).toEqual([{ id: 9, same: 1 }]);
  });

  test('a session of the caller is refused, not ignored', async () => {
    const answer = await get('SELECT 1', { session_id: 'mine' });

    expect(answer).toMatchObject({ status: 501, code: '48' });
    expect(answer.text).toContain('session_id');
  });

  test('every answer says that this is the embedded engine', async () => {
    const ping = await fetch(`${engine.url}/ping`);
    const failed = await fetch(`${engine.url}/?query=SELECT`);

    for (const { headers } of [ping, failed]) {
      expect(headers.get('x-clickhouse-server-display-name')).toBe('edgehouse-embedded');
    }
    expect(await ping.text()).toBe('Ok.\n');
  });

  test('a stream ends in the engine when its reader leaves', async () => {
    const running = () => column("SELECT count() FROM system.processes WHERE query LIKE 'SELECT number AS endless%'");
    const rows = await admin.query({
      query: 'SELECT number AS endless FROM system.numbers',
      format: 'JSONEachRow',
    });
    await until(async () => (await running())[0] === 1);

    rows.close();
    await until(async () => (await running())[0] === 0);

    expect(await column('SELECT 1')).toEqual([1]);
  });

  test('a query ends in the engine when its caller leaves', async () => {
    const leaving = new AbortController();
    const running = () => column("SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEachRow%'");
    const query = admin.query({
      query: 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1',
      format: 'JSON',
      abort_signal: leaving.signal,
    });
    query.catch(() => undefined);
    await until(async () => (await running())[0] === 1);

    leaving.abort();
    await until(async () => (await running())[0] === 0);

    await expect(query).rejects.toThrow();
  });
});

describe('access', () => {
  test.each([
    ['a wrong password', credentials('admin', 'wrong')],
    ['an unknown user', credentials('stranger', 'wrong')],
    ['no credentials', {}],
    ['a wrong password in Basic', { Authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }],
  ])('%s gets 516', async (_who, headers) => {
    const answer = await fetch(`${engine.url}/?query=SELECT+1`, { headers });

    expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([403, '516']);
  });

  test.each([
    ['writer', 'SELECT count() FROM shop.events', '497'],
    ['writer', 'SELECT count() FROM shop.counts', '497'],
    ['writer', 'DESCRIBE shop.victim', '497'],
    ['writer', 'INSERT INTO shop.victim (id) VALUES (1)', '497'],
    ['writer', 'INSERT INTO shop.events SELECT * FROM shop.victim', '497'],
    ['writer', 'DROP TABLE shop.events', '497'],
    ['writer', 'CREATE TABLE shop.mine (a UInt8) ENGINE = Memory', '497'],
    ['writer', "SELECT * FROM file('/etc/hostname', LineAsString)", '497'],
    ['writer', 'SELECT * FROM default.`/etc/hostname`', '497'],
    ['writer', 'SHOW USERS', '497'],
    ['writer', 'CREATE USER other', '497'],
    ['writer', 'GRANT SELECT ON shop.events TO writer_role', '497'],
    ['writer', 'SET ROLE edgehouse_embedded_admin PARALLEL WITH DROP TABLE shop.events', '48'],
    ['reader', 'SELECT count() FROM shop.counted', '497'],
    ['reader', 'SELECT count() FROM shop.victim', '497'],
    ['reader', 'INSERT INTO shop.events (id) VALUES (1)', '(164|497)'],
    ['reader', "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')", '(164|497)'],
    ['reader', "SELECT * FROM file('/etc/hostname', LineAsString)", '497'],
    ['reader', "INSERT INTO FUNCTION file('/tmp/edgehouse-test', CSV, 'a UInt8') VALUES (1)", '(164|497)'],
    ['reader', 'CREATE VIEW shop.mine DEFINER = default SQL SECURITY DEFINER AS SELECT 1', '(164|497)'],
    ['nobody', 'SELECT count() FROM shop.events', '497'],
  ])('%s: %s is refused', async (user, sql, code) => {
    const answer = await post(sql, {}, credentials(user));

    expect(answer.code).toMatch(new RegExp(`^${code}$`));
  });

  test('a role that a request takes does not last beyond it', async () => {
    await post('SET ROLE edgehouse_embedded_admin', {}, credentials('writer'));

    const answer = await get('SELECT count() FROM shop.events', {}, credentials('writer'));

    expect(answer.code).toBe('497');
  });

  test('a grant reaches a table whose name XML would read as markup', async () => {
    const answer = await post('1', { query: 'INSERT INTO shop.`odd <&> "name"` FORMAT CSV' }, credentials('writer'));

    expect(answer).toMatchObject({ status: 200 });
  });

  test('an insert feeds a view of its definer, and the writer needs no right on either end', async () => {
    await writer.insert({ table: 'shop.counted', values: [{ id: 1 }, { id: 2 }, { id: 3 }], format: 'JSONEachRow' });

    expect(await column('SELECT sum(n) FROM shop.counts')).toEqual([3]);
  });

  test('a view of its definer shows a reader its rows and not the table', async () => {
    await admin.command({ query: 'INSERT INTO shop.counted SELECT number FROM numbers(5)' });

    const seen = await get('SELECT id FROM shop.few ORDER BY id', { default_format: 'CSV' }, credentials('reader'));

    expect(seen.text).toBe('0\n1\n');
  });
});

describe('settings profiles', () => {
  test.each([
    ['writer', { max_rows_to_read: '20000000' }, '452'],
    ['writer', { max_execution_time: '60' }, '452'],
    ['writer', { max_execution_time: '0' }, '452'],
    ['reader', { max_result_rows: '1000' }, '164'],
    ['reader', { readonly: '0' }, '164'],
    ['reader', { readonly: '2' }, '164'],
    ['reader', { enable_http_compression: '0' }, '164'],
    ['reader', { max_threads: '5' }, '452'],
    ['reader', { no_such_setting: '1' }, '115'],
  ])('%s with %j is refused with %s', async (user, settings, code) => {
    const answer = await post('SELECT 1', settings, credentials(user));

    expect(answer.code).toBe(code);
  });

  test.each([
    ['writer', 'SELECT 1 SETTINGS max_rows_to_read = 20000000', '452'],
    ['writer', "SELECT 1 SETTINGS profile = 'default', max_rows_to_read = 20000000", '452'],
    ['reader', 'SELECT 1 SETTINGS max_result_rows = 1000', '164'],
    ['reader', 'SELECT number FROM numbers(11)', '396'],
  ])('%s: %s is refused with %s', async (user, sql, code) => {
    const answer = await post(sql, {}, credentials(user));

    expect(answer.code).toBe(code);
  });

  test('what a profile leaves free is free, and its values are in force', async () => {
    const values =
      "SELECT value FROM system.settings WHERE name IN ('max_threads', 'max_rows_to_read', 'max_execution_time') ORDER BY name";

    const ofWriter = await get(values, { max_execution_time: '7', default_format: 'CSV' }, credentials('writer'));
    const ofReader = await get(values, { max_threads: '4', default_format: 'CSV' }, credentials('reader'));

    expect(ofWriter.text.match(/\d+/g)?.slice(0, 2)).toEqual(['7', '10000000']);
    expect(ofReader.text.match(/\d+/g)).toEqual(['0', '0', '4']);
  });

  test('a GET cannot write, a POST can', async () => {
    const got = await get('INSERT INTO shop.events (id) SELECT 1');
    const posted = await post('INSERT INTO shop.events (id) SELECT 1');

    expect([got.code, posted.status]).toEqual(['164', 200]);
  });
});

describe('start and stop', () => {
  const admins: readonly Account[] = [{ user: 'admin', password: 'admin-password', admin: true }];

  test('what was acknowledged is there after a kill and a restart on the same port, and nothing is left behind', async () => {
    const dataDir = join(directory, 'killed');
    const first = await startEngine({ dataDir, accounts: admins, accessSql: [] });
    const port = Number(new URL(first.url).port);
    await postTo(first.url, 'CREATE DATABASE shop');
    await postTo(first.url, 'CREATE TABLE shop.events (id UInt64) ENGINE = MergeTree ORDER BY id');
    let acknowledged = 0;
    const sender = (async () => {
      for (let id = 0; ; id++) {
        const { status } = await postTo(first.url, `INSERT INTO shop.events (id) VALUES (${id})`);
        if (status === 200) acknowledged++;
        if (acknowledged === 30) void first.kill();
      }
    })().catch(() => undefined);
    await sender;
    await first.kill();

    const second = await startEngine({ dataDir, port, accounts: admins, accessSql: [] });
    const { text } = await postTo(second.url, 'SELECT count() FROM shop.events');
    await second.stop();

    expect(acknowledged).toBeGreaterThanOrEqual(30);
    expect(Number(text)).toBeGreaterThanOrEqual(acknowledged);
    expect(second.url).toBe(first.url);
  });

  test('the directory of bodies is private, and neither a stop nor a restart after a kill leaves one behind', async () => {
    const dataDir = join(directory, 'scratch');
    const start = () => startEngine({ dataDir, accounts: admins, accessSql: [] });

    const first = await start();
    const [own = ''] = await scratchDirs(dataDir);
    const { mode } = await stat(own);
    await first.kill();
    const afterKill = await scratchDirs(dataDir);
    const second = await start();
    const afterRestart = await scratchDirs(dataDir);
    await second.stop();

    expect(mode & 0o777).toBe(0o700);
    expect(afterKill).toEqual([own]);
    expect(afterRestart).toHaveLength(1);
    expect(afterRestart).not.toContain(own);
    expect(await scratchDirs(dataDir)).toEqual([]);
  });

  test('a stop lets a request under way end, and does not wait for connections without one', async () => {
    const stopped = await startEngine({ dataDir: join(directory, 'stopped'), accounts: admins, accessSql: [] });
    const idle = connect(Number(new URL(stopped.url).port), '127.0.0.1');
    await once(idle, 'connect');
    const running = postTo(stopped.url, 'SELECT sleep(1) FORMAT CSV');
    const count = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleep(1)%' FORMAT CSV";
    await until(async () => (await postTo(stopped.url, count)).text === '1\n');
    const beginning = performance.now();

    const stopping = stopped.stop();
    const answer = await running;
    await stopping;

    expect(answer).toMatchObject({ status: 200, text: '0\n' });
    expect(performance.now() - beginning).toBeLessThan(4_000);
    idle.destroy();
  });

  test('the engine ends with the process that started it, however that ends', async () => {
    const module = new URL('../../local/clickhouse/start-engine.ts', import.meta.url).href;
    const options = { dataDir: join(directory, 'orphan'), accounts: admins, accessSql: [] };
    const script = `const { startEngine } = await import(${JSON.stringify(module)});
      process.stdout.write((await startEngine(${JSON.stringify(options)})).url);`;
    const parent = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [url] = await once(parent.stdout, 'data');
    const answered = await fetch(`${url}/ping`);

    parent.kill('SIGKILL');
    await until(() =>
      fetch(`${url}/ping`).then(
        () => false,
        () => true,
      ),
    );

    expect(answered.status).toBe(200);
  });

  test('a port that is taken is named', async () => {
    const port = Number(new URL(engine.url).port);

    const starting = startEngine({ dataDir: join(directory, 'other'), port, accounts: admins, accessSql: [] });

    await expect(starting).rejects.toMatchObject({ code: 'PORT_BUSY', message: expect.stringContaining(String(port)) });
  });

  test('a data directory that is held is named, and its holder is not disturbed', async () => {
    const dataDir = join(directory, 'data');

    const starting = startEngine({ dataDir, accounts: admins, accessSql: [] });

    await expect(starting).rejects.toMatchObject({ code: 'DATA_DIR_BUSY', message: expect.stringContaining(dataDir) });
    expect((await post('1', { query: 'INSERT INTO shop.events (id) FORMAT CSV' })).status).toBe(200);
  });

  test.each([
    ['a row policy', ['CREATE ROLE r', 'CREATE ROW POLICY p ON shop.events USING id = 1 TO r'], 'statement 2'],
    ['a statement that is no SQL', ["CREATE USER u IDENTIFIED BY 'secret' WHATEVER"], 'statement 1'],
    ['a privilege that does not exist', ['CREATE ROLE r', 'GRANT SELCT ON shop.events TO r'], 'statement 2'],
  ])('%s in the access SQL refuses the start, by its place and not its text', async (_what, accessSql, place) => {
    const starting = startEngine({ dataDir: join(directory, 'other'), accounts: admins, accessSql });

    await expect(starting).rejects.toMatchObject({
      code: 'ACCESS_SQL_REFUSED',
      message: expect.stringContaining(place),
    });
    await expect(starting).rejects.toMatchObject({ message: expect.not.stringMatching(/secret|shop/) });
  });
});

function client(user: string, options: object = {}): ClickHouseClient {
  return createClient({
    url: engine.url,
    username: user,
    password: `${user}-password`,
    log: { level: ClickHouseLogLevel.OFF },
    ...options,
  });
}

function credentials(user: string, password = `${user}-password`): Record<string, string> {
  return { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
}

async function post(body: string | Buffer, search: Record<string, string> = {}, headers = {}) {
  return read(
    await fetch(`${engine.url}/?${new URLSearchParams(search)}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { ...credentials('admin'), ...headers },
    }),
  );
}

async function postTo(url: string, body: string) {
  return read(await fetch(url, { method: 'POST', body, headers: credentials('admin') }));
}

async function get(query: string, search: Record<string, string> = {}, headers = credentials('admin')) {
  return read(await fetch(`${engine.url}/?${new URLSearchParams({ ...search, query })}`, { headers }));
}

async function read(response: Response) {
  return {
    status: response.status,
    code: response.headers.get('x-clickhouse-exception-code'),
    summary: response.headers.get('x-clickhouse-summary'),
    text: await response.text(),
  };
}

/** The only column of a query's result. */
async function column(query: string): Promise<unknown[]> {
  const result = await admin.query({ query, format: 'JSONCompactEachRow' });
  return (await result.json<unknown[]>()).map(([value]) => value);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2_000; round++) if (await holds()) return;
  throw new Error('it did not happen within 2000 rounds');
}

async function scratchDirs(dataDir: string): Promise<readonly string[]> {
  const roots = ['/dev/shm', tmpdir()];
  const names = await Promise.all(roots.map((root) => readdir(root).catch(() => [])));
  return roots.flatMap((root, at) =>
    (names[at] ?? []).filter((name) => name.startsWith(scratchPrefix(dataDir))).map((name) => join(root, name)),
  );
}

async function bodies(): Promise<number> {
  const names = await Promise.all((await scratchDirs(join(directory, 'data'))).map((path) => readdir(path)));
  return names.flat().filter((name) => name.startsWith('body-')).length;
}

function accepts(sql: string): boolean {
  try {
    return readStatement(latin1(sql)).kind === 'query';
  } catch {
    return false;
  }
}
