import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareAccess, expectedFacts } from '../../clickhouse/access-facts.ts';
import { QUOTAS, RIGHTS, type RightRow, ROLES, rightOf, SETTINGS } from '../../clickhouse/access-rows.ts';
import { createAdminClient } from '../../clickhouse/admin-client.ts';
import { readAccess } from '../../clickhouse/read-access.ts';
import { readViews } from '../../clickhouse/read-views.ts';
import { accountsOf, roleOf } from '../../config/accounts.ts';
import { compileAccess, compileGrants, compileRowFilterViews } from '../../config/grants.ts';
import { config as shipped } from '../../config/loaded.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { sqlUsers } from '../../config/sql-users.ts';
import { type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';

// `select` is a keyword, `_trust` the second column that the filter needs: with one alone the engine filters before anything else.
const config = parseConfig({
  streams: { web_events: {}, orders: { table: 'select' } },
  principals: {
    'web-edge': { claims: { sub: 'ew:1' }, allow: [{ write: ['web_events'], sources: ['ew/1/*'] }] },
    analyst: { allow: [{ read: ['web_events', 'orders', 'batches'] }], deny: [{ read: ['orders'] }] },
    'paris-team': {
      allow: [{ read: ['web_events'], rows: "length(secret) > 0 AND if(id % 2 = 0, city, '') = 'Paris'" }],
    },
  },
});
const users = sqlUsers(config);
const analyst = users.readers['analyst'] ?? '';
const paris = users.readers['paris-team'] ?? '';
const everyUser = [users.writer, users.inspector, analyst, paris];

// What each may do, said once more by hand: the grants are judged by it.
const mayInsert: Record<string, readonly string[]> = { [users.writer]: ['web_events', 'select', 'quarantine'] };
const maySelect: Record<string, readonly string[]> = {
  [users.inspector]: ['batches', '_batches'],
  [analyst]: ['web_events', 'batches'],
  [paris]: ['web_events_for_paris_team'],
};

const PASSWORD = 'only-for-this-test';
let dataDir: string;
let engine: Engine;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'grants-test-'));
  const accounts = [...everyUser, users.operator].map((user) => ({ user, password: PASSWORD }));
  engine = await startEngine({
    dataDir,
    accounts: [{ user: 'admin', password: PASSWORD, admin: true }, ...accounts],
    accessSql: compileAccess(config),
  });
  const columns = '(id UInt64, city String, secret String)';
  for (const sql of [
    'CREATE DATABASE edgehouse',
    ...['web_events', '`select`', 'quarantine', '_batches'].map(
      (table) => `CREATE TABLE edgehouse.${table} ${columns} ENGINE = MergeTree ORDER BY id`,
    ),
    'CREATE VIEW edgehouse.batches DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT count() AS id FROM edgehouse._batches',
    "INSERT INTO edgehouse.web_events SELECT number, if(number < 10, 'Paris', 'Rome'), concat('s', toString(number)) FROM numbers(1000)",
    ...compileRowFilterViews(config),
    // Twice: what is applied again changes nothing.
    ...compileRowFilterViews(config),
  ]) {
    expect(await run('admin', sql)).toMatchObject({ code: 0 });
  }
});

afterAll(async () => {
  await engine?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The server's exception code, 0 where it had none, and what it answered. */
async function run(user: string, sql: string): Promise<{ readonly code: number; readonly text: string }> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': PASSWORD };
  const response = await fetch(`${engine.url}/?wait_end_of_query=1`, { method: 'POST', headers, body: sql });
  return {
    code: Number(response.headers.get('x-clickhouse-exception-code') ?? 0),
    text: (await response.text()).trim(),
  };
}

const ACCESS_DENIED = 497;
const READONLY = 164;
const SETTING_CONSTRAINT = 452;

const relations = ['web_events', 'select', 'quarantine', '_batches', 'batches', 'web_events_for_paris_team'];
const quoted = (relation: string) => `edgehouse.\`${relation}\``;

describe('the grants of a policy, on the engine', () => {
  test.each([
    ['shipped config', shipped],
    ['config of this test', config],
  ])('every statement of the %s is ClickHouse SQL', async (_, given) => {
    for (const sql of compileGrants(given)) {
      const literal = sql.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
      expect({ sql, ...(await run('admin', `SELECT formatQuerySingleLine('${literal}')`)) }).toMatchObject({ code: 0 });
    }
  });

  describe.each(everyUser)('%s', (user) => {
    test.each(relations)('reads %s where the policy says so', async (relation) => {
      const { code } = await run(user, `SELECT count() FROM ${quoted(relation)}`);

      expect(code).toBe(maySelect[user]?.includes(relation) ? 0 : ACCESS_DENIED);
    });

    test.each(relations)('writes %s where the policy says so', async (relation) => {
      const { code } = await run(user, `INSERT INTO ${quoted(relation)} (id) VALUES (5000)`);

      if (mayInsert[user]?.includes(relation)) expect(code).toBe(0);
      else expect([ACCESS_DENIED, READONLY]).toContain(code);
    });

    test.each(relations)('neither empties, changes nor drops %s', async (relation) => {
      for (const sql of [
        `TRUNCATE TABLE ${quoted(relation)}`,
        `DROP TABLE ${quoted(relation)}`,
        `DELETE FROM ${quoted(relation)} WHERE 1`,
        `ALTER TABLE ${quoted(relation)} ADD COLUMN x UInt8`,
        `ALTER TABLE ${quoted(relation)} DELETE WHERE 1`,
        `CREATE VIEW edgehouse.mine AS SELECT * FROM ${quoted(relation)}`,
        `RENAME TABLE ${quoted(relation)} TO edgehouse.mine`,
      ]) {
        expect([ACCESS_DENIED, READONLY]).toContain((await run(user, sql)).code);
      }
    });

    test.each([
      "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
      "SELECT * FROM file('/etc/passwd', LineAsString)",
      "SELECT * FROM remote('127.0.0.1:1', system.one)",
      "SELECT * FROM s3('http://127.0.0.1:1/b/k', CSV, 'a String')",
      "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
      "SELECT * FROM executable('id', LineAsString, 'a String')",
      "INSERT INTO FUNCTION url('http://127.0.0.1:1/', CSV, 'a String') SELECT 'x'",
      "INSERT INTO FUNCTION file('out.csv', CSV, 'a String') SELECT 'x'",
      "INSERT INTO FUNCTION remote('127.0.0.1:1', edgehouse.web_events) SELECT 1, 'x', 'y'",
      'CREATE USER mallory',
      'GRANT SELECT ON *.* TO CURRENT_USER',
      'CREATE DATABASE mine',
      'SYSTEM SHUTDOWN',
    ])('cannot leave the database: %s', async (sql) => {
      const { code } = await run(user, sql);

      // 62, 344 and such: the engine has no such statement; a server refuses it by grant. What must not be is success or an attempt.
      expect(code).toBeGreaterThan(0);
      expect([210, 209, 499, 1000, 107]).not.toContain(code);
    });

    test.each([
      'max_execution_time = 0',
      'max_execution_time = 600',
      'max_memory_usage = 0',
      'max_result_rows = 0',
      "result_overflow_mode = 'break'",
    ])('cannot lift its limits: %s', async (setting) => {
      const { code } = await run(user, `SELECT 1 SETTINGS ${setting}`);

      expect([READONLY, SETTING_CONSTRAINT]).toContain(code);
    });
  });

  test('the engine’s own tables say of every role what grants diff expects of a server, and so does the view of a filter', async () => {
    const client = createAdminClient({ url: engine.url, user: 'admin', password: PASSWORD });
    const accounts = accountsOf(config);
    const roles = accounts.map(({ user }) => roleOf(user));

    const answer = await client.query({ query: RIGHTS, query_params: { users: [], roles }, format: 'JSONEachRow' });
    const rights = (await answer.json<RightRow>()).map(rightOf);
    // The engine keeps its one user's roles and profiles elsewhere: these have to run, and to find the roles that are there.
    const params = { users: ['default'], roles, profiles: ['account_1'], quotas: ['default'] };
    const [held, settings, quotas] = await Promise.all(
      [ROLES, SETTINGS, QUOTAS].map(async (query) =>
        (await client.query({ query, query_params: params, format: 'JSONEachRow' })).json<object>(),
      ),
    );
    const views = await readViews(client, 'edgehouse', compileRowFilterViews(config));
    const changed = await readViews(client, 'edgehouse', [
      "CREATE OR REPLACE VIEW edgehouse.web_events_for_paris_team DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM edgehouse.web_events WHERE (city = 'Rome')",
    ]);
    await client.close();

    const expected = expectedFacts(accounts).filter((fact) => / ON /.test(fact));
    expect(rights.toSorted()).toEqual(expected.toSorted());
    for (const role of roles) expect(held).toContainEqual(expect.objectContaining({ granted_role_name: role }));
    expect(settings).toContainEqual(
      expect.objectContaining({ setting_name: 'max_execution_time', min: '1', max: '15' }),
    );
    expect(quotas).toEqual([expect.objectContaining({ name: 'default', apply_to_list: ['default'] })]);
    expect(views.expected).toHaveLength(1);
    expect(compareAccess(views.expected, views.actual)).toEqual([]);
    expect(
      compareAccess(changed.expected, changed.actual)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['beyond', 'missing']);
  });

  test('grants diff and apply say that this engine takes no users, and change nothing', async () => {
    const client = createAdminClient({ url: engine.url, user: 'admin', password: PASSWORD });

    const reading = readAccess(client, 'edgehouse');

    await expect(reading).rejects.toMatchObject({ code: 'ACCESS_STORAGE_READONLY' });
    await client.close();
  });

  test('the operator reads what is stored and quarantined and erases it, also from the ledger', async () => {
    const relations = ['web_events', 'select', 'quarantine', 'batches'];
    const read = await Promise.all(relations.map((name) => run(users.operator, `SELECT count() FROM ${quoted(name)}`)));
    expect(read.map(({ code }) => code)).toEqual([0, 0, 0, 0]);

    for (const table of ['web_events', 'select', 'quarantine', '_batches']) {
      const setting = 'SETTINGS mutations_sync = 2';
      expect(await run('admin', `INSERT INTO ${quoted(table)} (id, city) VALUES (7000, 'Oslo')`)).toMatchObject({
        code: 0,
      });
      expect(
        await run(users.operator, `ALTER TABLE ${quoted(table)} DELETE WHERE city = 'Oslo' ${setting}`),
      ).toMatchObject({ code: 0 });
      expect((await run('admin', `SELECT count() FROM ${quoted(table)} WHERE city = 'Oslo'`)).text).toBe('0');
    }
  });

  test.each([
    'SELECT * FROM edgehouse._batches',
    'SELECT * FROM edgehouse.web_events_for_paris_team',
    'INSERT INTO edgehouse.web_events (id) VALUES (1)',
    "ALTER TABLE edgehouse.web_events UPDATE city = '' WHERE 1",
    'ALTER TABLE edgehouse.web_events ADD COLUMN x UInt8',
    'TRUNCATE TABLE edgehouse.web_events',
    'DROP TABLE edgehouse.web_events',
    'CREATE VIEW edgehouse.mine AS SELECT * FROM edgehouse.web_events',
    "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
    "INSERT INTO FUNCTION file('out.csv', CSV, 'a String') SELECT city FROM edgehouse.web_events",
    'CREATE USER mallory',
    'SELECT 1 SETTINGS max_execution_time = 0',
    'SELECT 1 SETTINGS max_memory_usage = 0',
    "SELECT 1 SETTINGS result_overflow_mode = 'break'",
  ])('the operator does no more than that: %s', async (sql) => {
    expect([ACCESS_DENIED, SETTING_CONSTRAINT, 514]).toContain((await run(users.operator, sql)).code);
  });

  test('the writer can set what an insert needs', async () => {
    const settings = "async_insert = 1, wait_for_async_insert = 1, insert_deduplication_token = 'x'";

    const { code } = await run(
      users.writer,
      `INSERT INTO edgehouse.web_events (id) SETTINGS ${settings} VALUES (5001)`,
    );

    expect(code).toBe(0);
  });

  test('the writer cannot burn the server with what needs no grant', async () => {
    const counted = await run(users.writer, 'SELECT count() FROM system.numbers');
    const unbounded = await run(users.writer, 'SELECT count() FROM system.numbers SETTINGS max_rows_to_read = 0');
    const broken = await run(users.writer, "SELECT count() FROM system.numbers SETTINGS read_overflow_mode = 'break'");
    const dumped = await run(users.writer, 'SELECT number FROM system.numbers LIMIT 100000');

    expect(counted.text).toContain('TOO_MANY_ROWS');
    expect(unbounded.code).toBe(SETTING_CONSTRAINT);
    expect(broken.code).toBe(SETTING_CONSTRAINT);
    expect(dumped.text).toContain('TOO_MANY_ROWS_OR_BYTES');
  });

  test('the inspector sees the columns of its tables through the official client, and of nothing else', async () => {
    const client = createClient({
      url: engine.url,
      username: users.inspector,
      password: PASSWORD,
      database: 'edgehouse',
      log: { level: ClickHouseLogLevel.OFF },
    });

    const answer = await client.query({
      query: 'SELECT table, name FROM system.columns WHERE database = {db:String} ORDER BY table, name',
      query_params: { db: 'edgehouse' },
      format: 'JSONEachRow',
    });
    const rows = await answer.json<{ table: string; name: string }>();
    await client.close();

    expect([...new Set(rows.map(({ table }) => table))]).toEqual([
      '_batches',
      'batches',
      'quarantine',
      'select',
      'web_events',
    ]);
    expect(rows.filter(({ table }) => table === 'web_events').map(({ name }) => name)).toEqual([
      'city',
      'id',
      'secret',
    ]);
  });

  test('a reader may describe what it reads', async () => {
    expect(await run(analyst, 'DESCRIBE edgehouse.web_events')).toMatchObject({ code: 0 });
    expect(await run(analyst, 'DESCRIBE edgehouse.`select`')).toMatchObject({ code: ACCESS_DENIED });
  });

  test('a filtered reader gets the rows of its filter', async () => {
    const { text } = await run(
      paris,
      'SELECT groupArray(id) FROM (SELECT id FROM edgehouse.web_events_for_paris_team ORDER BY id)',
    );

    expect(text).toBe('[0,2,4,6,8]');
  });

  test.each([
    "toUInt64(replaceOne(replaceOne(secret, 's501', 'no number'), 's', '')) < 1000",
    'throwIf(id = 501) = 0',
    'intDiv(1, id - 501) < 9',
  ])(
    'no condition of a filtered reader runs on a hidden row, where its error would tell of it: %s',
    async (condition) => {
      const { text } = await run(paris, `SELECT count() FROM edgehouse.web_events_for_paris_team WHERE ${condition}`);

      expect(text).toBe('5');
    },
  );
});
