import { createHash, randomBytes } from 'node:crypto';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AdminAccount, createAdminClient } from '../../clickhouse/admin-client.ts';
import { applyAccess, diffAccess } from '../../clickhouse/apply-access.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import { dropAccountSql } from '../../config/account-sql.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { sqlUsers } from '../../config/sql-users.ts';

// What only a server can show: that users, profiles and quotas become what the statements say, and are read back as that. Run it with
// CLICKHOUSE_URL=http://admin:password@host:8123, an account that may create databases and users. It cleans up behind itself.

const server = process.env['CLICKHOUSE_URL'];
const onServer = server === undefined ? describe.skip : describe;
const mark = randomBytes(4).toString('hex');
const database = `grants_${mark}`;
const PASSWORD = `${randomBytes(18).toString('base64url')}.Aa1`;
const POLICY = parseConfig({
  clickhouse: { database },
  streams: { web_events: {} },
  principals: {
    edge: { claims: { sub: 'ew:1' }, allow: [{ write: ['web_events'], sources: ['ew/1/*'] }] },
    analyst: { allow: [{ read: ['web_events', 'batches'] }] },
    paris: { allow: [{ read: ['web_events'], rows: "country = 'FR'" }] },
  },
});
const { paris: _paris, ...others } = POLICY.principals;
const LESS = { ...POLICY, principals: others };
const NAMES = { userPrefix: `grants_${mark}` };
const USERS = sqlUsers(POLICY, NAMES);
const ALL = [USERS.writer, USERS.inspector, USERS.operator, ...Object.values(USERS.readers)];
const OPTIONS = {
  ...NAMES,
  passwordHashes: Object.fromEntries(ALL.map((user) => [user, createHash('sha256').update(PASSWORD).digest('hex')])),
};

onServer('the accounts on a ClickHouse server (skipped where CLICKHOUSE_URL is not set)', () => {
  const account = accountOf(server ?? 'http://nobody@127.0.0.1:1');
  const admin = createAdminClient(account);
  const run = (query: string) => admin.command({ query });

  beforeAll(async () => {
    await migrate({
      client: admin,
      database,
      streams: Object.values(POLICY.streams),
      migrations: await readMigrations(),
    });
  }, 120_000);

  afterAll(async () => {
    for (const query of [...ALL.flatMap(dropAccountSql), `DROP DATABASE IF EXISTS ${database}`]) await run(query);
    await admin.close();
  });

  /** ClickHouse's code for what the user asked, 0 where it was answered. */
  async function codeOf(user: string, query: string): Promise<number> {
    const client = createClient({
      url: account.url,
      username: user,
      password: PASSWORD,
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      await client.command({ query });
      return 0;
    } catch (error) {
      return Number(error instanceof Error && 'code' in error ? error.code : -1);
    } finally {
      await client.close();
    }
  }

  test('are all missing at first, and without a difference once they are applied, and applied again', async () => {
    expect((await diffAccess(admin, POLICY, NAMES)).filter(({ kind }) => kind === 'beyond')).toEqual([]);
    expect((await applyAccess(admin, POLICY, OPTIONS)).created).toEqual(ALL);
    expect(await diffAccess(admin, POLICY, NAMES)).toEqual([]);

    expect(await applyAccess(admin, POLICY, NAMES)).toMatchObject({ created: [], kept: ALL, dropped: [] });
    expect(await diffAccess(admin, POLICY, NAMES)).toEqual([]);
    // What exists keeps its password.
    expect(await codeOf(USERS.readers['analyst'] ?? '', `SELECT count() FROM ${database}.batches`)).toBe(0);
  }, 60_000);

  test('are put right again when somebody changed them by hand, and each change is named', async () => {
    const { writer } = USERS;
    for (const query of [
      `GRANT SELECT ON ${database}.* TO ${writer}_role`,
      `GRANT SELECT ON ${database}.batches TO ${writer}`,
      `GRANT ${USERS.inspector}_role TO ${writer}_role`,
      `ALTER SETTINGS PROFILE ${writer}_profile SETTINGS max_execution_time = 600`,
      `ALTER USER ${USERS.operator} SETTINGS max_execution_time = 600`,
      `ALTER USER ${USERS.inspector} DEFAULT ROLE NONE`,
      `CREATE QUOTA OR REPLACE ${writer}_quota FOR INTERVAL 1 hour NO LIMITS TO ${writer}`,
      `CREATE OR REPLACE VIEW ${database}.web_events_for_paris DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM ${database}.web_events`,
    ]) {
      await run(query);
      expect({ query, found: (await diffAccess(admin, POLICY, NAMES)).length > 0 }).toEqual({ query, found: true });
    }

    await applyAccess(admin, POLICY, NAMES);

    expect(await diffAccess(admin, POLICY, NAMES)).toEqual([]);
    expect(await codeOf(writer, `SELECT count() FROM ${database}.batches`)).toBe(497);
  }, 60_000);

  test('of a principal that is gone goes with it', async () => {
    const gone = USERS.readers['paris'] ?? '';

    const { dropped } = await applyAccess(admin, LESS, NAMES);

    expect(dropped).toEqual([gone]);
    expect(await diffAccess(admin, LESS, NAMES)).toEqual([]);
    expect(await codeOf(gone, 'SELECT 1')).toBe(516);
  }, 60_000);

  test('count what they ask by the hour: a writer that selects is shut out', async () => {
    await applyAccess(admin, POLICY, OPTIONS);

    const codes = [];
    for (let asked = 0; asked < 12; asked++) codes.push(await codeOf(USERS.writer, 'SELECT 1'));

    expect(codes.at(-1)).toBe(201);
    expect(
      await codeOf(
        USERS.writer,
        `INSERT INTO ${database}.web_events (_batch_id) SETTINGS async_insert = 0 VALUES ('x')`,
      ),
    ).not.toBe(201);
  }, 60_000);
});

function accountOf(text: string): AdminAccount {
  const { origin, username, password } = new URL(text);
  return { url: origin, user: decodeURIComponent(username), password: decodeURIComponent(password) };
}
