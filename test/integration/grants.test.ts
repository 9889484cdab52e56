import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareAccess, expectedFacts } from '../../clickhouse/access-facts.ts';
import { QUOTAS, RIGHTS, type RightRow, ROLES, rightOf, SETTINGS } from '../../clickhouse/access-rows.ts';
import { createAdminClient } from '../../clickhouse/admin-client.ts';
import { readAccess } from '../../clickhouse/read-access.ts';
import { readViews } from '../../clickhouse/read-views.ts';
import { accountsOf, roleOf } from '../../config/accounts.ts';
import { compileGrants, compileRowFilterViews } from '../../config/grants.ts';
import { config as shipped } from '../../config/loaded.ts';
import {
  ACCESS_DENIED,
  analyst,
  config,
  everyUser,
  type GrantedEngine,
  PASSWORD,
  paris,
  quoted,
  READONLY,
  SETTING_CONSTRAINT,
  startGrantedEngine,
  users,
} from './support/granted-engine.ts';

// What each may do, said once more by hand: the grants are judged by it.
const mayInsert: Record<string, readonly string[]> = { [users.writer]: ['web_events', 'select', 'quarantine'] };
const maySelect: Record<string, readonly string[]> = {
  [users.inspector]: ['batches', '_batches'],
  [analyst]: ['web_events', 'batches'],
  [paris]: ['web_events_for_paris_team'],
};

const relations = ['web_events', 'select', 'quarantine', '_batches', 'batches', 'web_events_for_paris_team'];

let engine: GrantedEngine;

beforeAll(async () => {
  engine = await startGrantedEngine();
});
afterAll(() => engine?.stop());

describe('the grants of a policy, on the engine', () => {
  test.each([
    ['shipped config', shipped],
    ['config of this test', config],
  ])('every statement of the %s is ClickHouse SQL', async (_, given) => {
    for (const sql of compileGrants(given)) {
      const literal = sql.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
      expect({ sql, ...(await engine.run('admin', `SELECT formatQuerySingleLine('${literal}')`)) }).toMatchObject({
        code: 0,
      });
    }
  });

  describe.each(everyUser)('%s', (user) => {
    test.each(relations)('reads %s where the policy says so', async (relation) => {
      const { code } = await engine.run(user, `SELECT count() FROM ${quoted(relation)}`);

      expect(code).toBe(maySelect[user]?.includes(relation) ? 0 : ACCESS_DENIED);
    });

    test.each(relations)('writes %s where the policy says so', async (relation) => {
      const { code } = await engine.run(user, `INSERT INTO ${quoted(relation)} (id) VALUES (5000)`);

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
        expect([ACCESS_DENIED, READONLY]).toContain((await engine.run(user, sql)).code);
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
      const { code } = await engine.run(user, sql);

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
      const { code } = await engine.run(user, `SELECT 1 SETTINGS ${setting}`);

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
});
