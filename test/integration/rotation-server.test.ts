import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config } from '#config';
import { type AdminAccount, createAdminClient } from '../../clickhouse/admin-client.ts';
import { migrate } from '../../clickhouse/migrate.ts';
import { readMigrations } from '../../clickhouse/read-migrations.ts';
import { dropAccountSql } from '../../config/account-sql.ts';
import { compileGrants } from '../../config/grants.ts';
import { sqlUsers } from '../../config/sql-users.ts';
import { addMethod, keepMethods } from '../../functions/rotation/rotate-database-user/authentication-sql.ts';
import { createClickHouseUserDatabase } from '../../functions/rotation/rotate-database-user/clickhouse-user-database.ts';
import { generatePassword, passwordHash } from '../../functions/rotation/rotate-database-user/database-password.ts';
import { rotateDatabaseUser } from '../../functions/rotation/rotate-database-user/rotate-database-user.ts';
import type { RotationTools } from '../../functions/rotation/rotate-database-user/rotation-tools.ts';
import { rightsOf } from '../../functions/rotation/rotate-database-user/user-rights.ts';
import { openFileRotationStore } from '../faults/support/file-rotation-store.ts';

// What only a server can show: that ClickHouse keeps, expires and replaces passwords as the statements say. Run it with
// CLICKHOUSE_URL=http://admin:password@host:8123, an account that may create databases and users. It cleans up behind itself.

const server = process.env['CLICKHOUSE_URL'];
const onServer = server === undefined ? describe.skip : describe;
if (server === undefined) {
  console.log(
    'skipped: CLICKHOUSE_URL is not set, so nothing shows that ClickHouse itself does what the SQL of a rotation says',
  );
}
const mark = randomBytes(4).toString('hex');
const POLICY = { ...config, clickhouse: { ...config.clickhouse, database: `rotation_${mark}` } };
const NAMES = { userPrefix: `rotation_${mark}` };
const USERS = sqlUsers(POLICY, NAMES);
const ALL = [USERS.writer, USERS.inspector, ...Object.values(USERS.readers)];
const MINUTE_MS = 60_000;

onServer('a ClickHouse server', () => {
  const database = createClickHouseUserDatabase();
  const account = accountOf(server ?? 'http://nobody@127.0.0.1:1');
  const admin = createAdminClient(account);
  const administrator = { url: account.url, username: account.user, password: account.password };
  const change = (statement: string) => database.change(administrator, statement);
  const works = (username: string, password: string) => database.logsIn({ url: account.url, username, password });
  const method = (password: string, until?: number) => ({
    hash: passwordHash(password),
    ...(until === undefined ? {} : { until }),
  });

  beforeAll(async () => {
    const streams = Object.values(POLICY.streams);
    await migrate({
      client: admin,
      database: POLICY.clickhouse.database,
      streams,
      migrations: await readMigrations(),
    });
    const passwordHashes = Object.fromEntries(ALL.map((user) => [user, passwordHash('first')]));
    for (const query of compileGrants(POLICY, { ...NAMES, passwordHashes })) await admin.command({ query });
  }, 120_000);

  afterAll(async () => {
    for (const query of [...ALL, USERS.operator].flatMap(dropAccountSql)) await admin.command({ query });
    await admin.command({ query: `DROP DATABASE IF EXISTS ${POLICY.clickhouse.database}` });
    await admin.close();
  }, 120_000);

  test.each(ALL)('proves that %s may do what the config says, and no more', async (user) => {
    const rights = rightsOf(POLICY, user, NAMES) ?? { statements: [], has: [], hasNot: [] };

    await database.prove({ url: account.url, username: user, password: 'first' }, rights);

    expect(rights.has).not.toEqual([]);
  });

  test('takes a second password beside the first, and refuses one that has expired', async () => {
    const user = USERS.writer;
    await change(keepMethods(user, [method('first')]));
    await change(addMethod(user, method('second', Date.now() + 10 * MINUTE_MS)));
    await change(addMethod(user, method('expired', Date.now() - MINUTE_MS)));

    const taken = await Promise.all(['first', 'second', 'expired', 'wrong'].map((password) => works(user, password)));

    expect(taken).toEqual([true, true, false, false]);
  });

  test('has VALID UNTIL bind the one password that it follows, and replaces all others', async () => {
    const user = USERS.inspector;
    await change(addMethod(user, method('third')));
    await change(keepMethods(user, [method('second'), method('first', Date.now() - MINUTE_MS)]));

    const taken = await Promise.all(['first', 'second', 'third'].map((password) => works(user, password)));

    expect(taken).toEqual([false, true, false]);
  });

  test('goes through a whole rotation: both passwords work in the overlap, whatever else the user had does not', async () => {
    const username = USERS.writer;
    const folder = await mkdtemp(join(tmpdir(), 'edgehouse-rotation-server-'));
    const store = openFileRotationStore(folder);
    const first = generatePassword(randomInt);
    const second = generatePassword(randomInt);
    await change(keepMethods(username, [method(first)]));
    await change(addMethod(username, method('left over')));
    store.create('s', JSON.stringify({ url: account.url, username, password: first }));
    store.begin('s', 'next');
    const tools: RotationTools = {
      store,
      database,
      administrator: async () => administrator,
      rights: (user) => rightsOf(POLICY, user, NAMES),
      newPassword: () => second,
      clock: Date.now,
      pause: (milliseconds) => setTimeout(milliseconds),
    };

    const outcomes = [];
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      outcomes.push(await rotateDatabaseUser({ step, secret: 's', token: 'next' }, tools));
    }
    const taken = await Promise.all([first, second, 'left over'].map((password) => works(username, password)));
    await rm(folder, { recursive: true });

    expect(outcomes).toEqual(['done', 'done', 'done', 'done']);
    expect(taken).toEqual([true, true, false]);
  });
});

function accountOf(text: string): AdminAccount {
  const { origin, username, password } = new URL(text);
  return { url: origin, user: decodeURIComponent(username), password: decodeURIComponent(password) };
}
