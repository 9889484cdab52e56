import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ACCESS_DENIED,
  analyst,
  type GrantedEngine,
  PASSWORD,
  paris,
  quoted,
  SETTING_CONSTRAINT,
  startGrantedEngine,
  users,
} from './support/granted-engine.ts';

let engine: GrantedEngine;

beforeAll(async () => {
  engine = await startGrantedEngine();
});
afterAll(() => engine?.stop());

describe('the grants of a policy, on the engine', () => {
  test('the operator reads what is stored and quarantined and erases it, also from the ledger', async () => {
    const relations = ['web_events', 'select', 'quarantine', 'batches'];
    const read = await Promise.all(
      relations.map((name) => engine.run(users.operator, `SELECT count() FROM ${quoted(name)}`)),
    );
    expect(read.map(({ code }) => code)).toEqual([0, 0, 0, 0]);

    for (const table of ['web_events', 'select', 'quarantine', '_batches']) {
      const setting = 'SETTINGS mutations_sync = 2';
      expect(await engine.run('admin', `INSERT INTO ${quoted(table)} (id, city) VALUES (7000, 'Oslo')`)).toMatchObject({
        code: 0,
      });
      expect(
        await engine.run(users.operator, `ALTER TABLE ${quoted(table)} DELETE WHERE city = 'Oslo' ${setting}`),
      ).toMatchObject({ code: 0 });
      expect((await engine.run('admin', `SELECT count() FROM ${quoted(table)} WHERE city = 'Oslo'`)).text).toBe('0');
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
    expect([ACCESS_DENIED, SETTING_CONSTRAINT, 514]).toContain((await engine.run(users.operator, sql)).code);
  });

  test('the writer can set what an insert needs', async () => {
    const settings = "async_insert = 1, wait_for_async_insert = 1, insert_deduplication_token = 'x'";

    const { code } = await engine.run(
      users.writer,
      `INSERT INTO edgehouse.web_events (id) SETTINGS ${settings} VALUES (5001)`,
    );

    expect(code).toBe(0);
  });

  test('the writer cannot burn the server with what needs no grant', async () => {
    const counted = await engine.run(users.writer, 'SELECT count() FROM system.numbers');
    const unbounded = await engine.run(
      users.writer,
      'SELECT count() FROM system.numbers SETTINGS max_rows_to_read = 0',
    );
    const broken = await engine.run(
      users.writer,
      "SELECT count() FROM system.numbers SETTINGS read_overflow_mode = 'break'",
    );
    const dumped = await engine.run(users.writer, 'SELECT number FROM system.numbers LIMIT 100000');

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
    expect(await engine.run(analyst, 'DESCRIBE edgehouse.web_events')).toMatchObject({ code: 0 });
    expect(await engine.run(analyst, 'DESCRIBE edgehouse.`select`')).toMatchObject({ code: ACCESS_DENIED });
  });

  test('a filtered reader gets the rows of its filter', async () => {
    const { text } = await engine.run(
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
      const { text } = await engine.run(
        paris,
        `SELECT count() FROM edgehouse.web_events_for_paris_team WHERE ${condition}`,
      );

      expect(text).toBe('5');
    },
  );
});
