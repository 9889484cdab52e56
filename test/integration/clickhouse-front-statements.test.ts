import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readStatement } from '../../local/clickhouse/read-statement.ts';
import { latin1 } from '../../local/clickhouse/utf8-text.ts';
import { type Front, startFront } from './support/clickhouse-front.ts';
import { until } from './support/until.ts';

let front: Front;

beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front?.stop());
beforeEach(() => front.empty());

describe('what a session of the engine would hand on to the next', () => {
  test('a result that broke off is not put before the result of the next query', async () => {
    const broken = 'SELECT number, throwIf(number = 300000) FROM numbers(400000)';

    const failed = await front.get(broken, { default_format: 'JSON' });
    const streamed = await front.get(broken, { default_format: 'JSONEachRow' });
    const next = await Promise.all(
      Array.from({ length: 8 }, () => front.get('SELECT 7 AS seven', { default_format: 'CSV' })),
    );

    expect(failed.status).toBe(500);
    expect(streamed.text).toContain('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO');
    expect(next.map(({ text }) => text)).toEqual(Array(8).fill('7\n'));
  });

  test('a stream that breaks off fails for the reader of the client, with the code', async () => {
    const rows = await front.admin.query({
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
      front.writer.insert({
        table: 'shop.events',
        values: [{ id }],
        format: 'JSONEachRow',
        clickhouse_settings: token === undefined ? {} : { insert_deduplication_token: token },
      });

    await insert(1, 'first');
    await insert(1, 'first');
    await insert(2);
    await insert(3);

    expect(await front.column('SELECT id FROM shop.events ORDER BY id')).toEqual([1, 2, 3]);
  });

  test('readonly holds for its own request only', async () => {
    const refused = front.admin.command({
      query: 'INSERT INTO shop.events (id) SELECT 1',
      clickhouse_settings: { readonly: '1' },
    });

    await expect(refused).rejects.toMatchObject({ code: '164' });
    await front.admin.command({ query: 'INSERT INTO shop.events (id) SELECT 2' });
    expect(await front.column('SELECT id FROM shop.events')).toEqual([2]);
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
    const answer = await front.post(sql, { default_format: 'JSON' });

    expect(answer.code).toBe(code);
    expect(await front.column('SELECT count() FROM shop.victim')).toEqual([0]);
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
    await front.admin.command({ query: 'CREATE TABLE shop.texts (first String, whole String) ENGINE = Memory' });
    await front.admin.insert({ table: 'shop.texts', values: single, format: 'JSONEachRow' });

    // Where the engine takes the first part for a statement and the whole for none, it saw the semicolon: it would run the first part,
    // and then what follows.
    const two = await front.column(
      'SELECT whole FROM shop.texts WHERE formatQueryOrNull(first) IS NOT NULL AND formatQueryOrNull(whole) IS NULL',
    );
    const commented = await front.column('SELECT count() FROM shop.texts WHERE formatQueryOrNull(whole) IS NOT NULL');

    expect(two).toEqual([]);
    expect(Number(commented[0])).toBeGreaterThan(500);
  });

  test('parameters, database and formats work as on a server', async () => {
    await front.admin.insert({ table: 'shop.events', values: [{ id: 9, note: "it's\t\\ é" }], format: 'JSONEachRow' });

    const result = await front.reader.query({
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
    const answer = await front.get('SELECT 1', { session_id: 'mine' });

    expect(answer).toMatchObject({ status: 501, code: '48' });
    expect(answer.text).toContain('session_id');
  });

  test('every answer says that this is the embedded engine', async () => {
    const ping = await fetch(`${front.engine.url}/ping`);
    const failed = await fetch(`${front.engine.url}/?query=SELECT`);

    for (const { headers } of [ping, failed]) {
      expect(headers.get('x-clickhouse-server-display-name')).toBe('edgehouse-embedded');
    }
    expect(await ping.text()).toBe('Ok.\n');
  });

  test('a stream ends in the engine when its reader leaves', async () => {
    const running = () =>
      front.column("SELECT count() FROM system.processes WHERE query LIKE 'SELECT number AS endless%'");
    const rows = await front.admin.query({
      query: 'SELECT number AS endless FROM system.numbers',
      format: 'JSONEachRow',
    });
    await until(async () => (await running())[0] === 1);

    rows.close();
    await until(async () => (await running())[0] === 0);

    expect(await front.column('SELECT 1')).toEqual([1]);
  });

  test('a query ends in the engine when its caller leaves', async () => {
    const leaving = new AbortController();
    const running = () => front.column("SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEachRow%'");
    const query = front.admin.query({
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

function accepts(sql: string): boolean {
  try {
    return readStatement(latin1(sql)).kind === 'query';
  } catch {
    return false;
  }
}
