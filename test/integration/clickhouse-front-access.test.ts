import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { credentials, type Front, startFront } from './support/clickhouse-front.ts';

let front: Front;

beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front?.stop());
beforeEach(() => front.empty());

describe('access', () => {
  test.each([
    ['a wrong password', credentials('admin', 'wrong')],
    ['an unknown user', credentials('stranger', 'wrong')],
    ['no credentials', {}],
    ['a wrong password in Basic', { Authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }],
  ])('%s gets 516', async (_who, headers) => {
    const answer = await fetch(`${front.engine.url}/?query=SELECT+1`, { headers });

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
    const answer = await front.post(sql, {}, credentials(user));

    expect(answer.code).toMatch(new RegExp(`^${code}$`));
  });

  test('a role that a request takes does not last beyond it', async () => {
    await front.post('SET ROLE edgehouse_embedded_admin', {}, credentials('writer'));

    const answer = await front.get('SELECT count() FROM shop.events', {}, credentials('writer'));

    expect(answer.code).toBe('497');
  });

  test('a grant reaches a table whose name XML would read as markup', async () => {
    const answer = await front.post(
      '1',
      { query: 'INSERT INTO shop.`odd <&> "name"` FORMAT CSV' },
      credentials('writer'),
    );

    expect(answer).toMatchObject({ status: 200 });
  });

  test('an insert feeds a view of its definer, and the writer needs no right on either end', async () => {
    await front.writer.insert({
      table: 'shop.counted',
      values: [{ id: 1 }, { id: 2 }, { id: 3 }],
      format: 'JSONEachRow',
    });

    expect(await front.column('SELECT sum(n) FROM shop.counts')).toEqual([3]);
  });

  test('a view of its definer shows a reader its rows and not the table', async () => {
    await front.admin.command({ query: 'INSERT INTO shop.counted SELECT number FROM numbers(5)' });

    const seen = await front.get(
      'SELECT id FROM shop.few ORDER BY id',
      { default_format: 'CSV' },
      credentials('reader'),
    );

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
    const answer = await front.post('SELECT 1', settings, credentials(user));

    expect(answer.code).toBe(code);
  });

  test.each([
    ['writer', 'SELECT 1 SETTINGS max_rows_to_read = 20000000', '452'],
    ['writer', "SELECT 1 SETTINGS profile = 'default', max_rows_to_read = 20000000", '452'],
    ['reader', 'SELECT 1 SETTINGS max_result_rows = 1000', '164'],
    ['reader', 'SELECT number FROM numbers(11)', '396'],
  ])('%s: %s is refused with %s', async (user, sql, code) => {
    const answer = await front.post(sql, {}, credentials(user));

    expect(answer.code).toBe(code);
  });

  test('what a profile leaves free is free, and its values are in force', async () => {
    const values =
      "SELECT value FROM system.settings WHERE name IN ('max_threads', 'max_rows_to_read', 'max_execution_time') ORDER BY name";

    const ofWriter = await front.get(values, { max_execution_time: '7', default_format: 'CSV' }, credentials('writer'));
    const ofReader = await front.get(values, { max_threads: '4', default_format: 'CSV' }, credentials('reader'));

    expect(ofWriter.text.match(/\d+/g)?.slice(0, 2)).toEqual(['7', '10000000']);
    expect(ofReader.text.match(/\d+/g)).toEqual(['0', '0', '4']);
  });

  test('a GET cannot write, a POST can', async () => {
    const got = await front.get('INSERT INTO shop.events (id) SELECT 1');
    const posted = await front.post('INSERT INTO shop.events (id) SELECT 1');

    expect([got.code, posted.status]).toEqual(['164', 200]);
  });
});
