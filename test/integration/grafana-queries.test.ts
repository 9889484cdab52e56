import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../config/load-config.ts';
import { sqlUsers } from '../../config/sql-users.ts';
import userConfig from '../../edgehouse.config.ts';
import { dashboard } from '../../grafana/dashboard.ts';
import { SECTIONS } from '../../grafana/panels.ts';
import { ROWS_INSERT, reset } from '../faults/support/fault-proxy.ts';
import { type Answer, askAsGrafana, expand } from './support/ask-as-grafana.ts';
import { type OperatorStack, PASSWORD, startOperatorStack } from './support/operator-stack.ts';

// docs/grafana.md has the reader set up like this.
const config = loadConfig({
  ...userConfig,
  principals: { ...userConfig.principals, grafana: { allow: [{ read: ['web_events', 'ledger', 'refused_rows'] }] } },
});
const READER = sqlUsers(config).readers['grafana'] ?? '';
const LOST = '018f0000-0000-7000-8000-00000000dead';

let operator: OperatorStack;
let began: number;
let plain = '';

/** Rows of events that happened so many seconds before they are sent. */
const events = (count: number, secondsAgo: number) =>
  Array.from({ length: count }, (_, row) => ({
    event_time: new Date(operator.now() - secondsAgo * 1000).toISOString(),
    path: `/${row}`,
  }));

beforeAll(async () => {
  operator = await startOperatorStack(config);
  began = Date.now();
  plain = await operator.send(events(3, 40));
  await operator.send([...events(1, 40), { path: '/late', campaign: 'x' }, { ...events(1, 40)[0], campaign: 'x' }]);
  await operator.send([...events(1, 40), { event_time: 'soon', path: '/' }], 12346);
  // The time at which it comes in is 20 s before ClickHouse's own when it writes it.
  operator.wait(-20_000);
  operator.proxy.set(ROWS_INSERT, reset);
  await operator.send(events(2, 40));
  operator.proxy.clear();
  // The breaker tries again, and the clock is right again.
  operator.wait(31_000);
  await operator.stack.queue.drained();
  operator.wait(-11_000);
  // No way through ingest loses a row or writes one twice: the administrator does.
  const copy = (replaced: string, batch: string) =>
    operator.admin(`INSERT INTO edgehouse.web_events SELECT * REPLACE (${replaced}) FROM
      (SELECT * FROM edgehouse.web_events WHERE _batch_id = '${batch}' AND _row = 0 LIMIT 1)`);
  await copy('_row AS _row', plain);
  await copy(
    `toUUID('${LOST}') AS _batch_id, toUInt32(4) AS _batch_rows, _received_at - INTERVAL 10 MINUTE AS _received_at`,
    plain,
  );
}, 90_000);
afterAll(() => operator?.close());

function variableNamed(name: string): string {
  return dashboard().templating.list.find((variable) => variable.name === name)?.query ?? '';
}

const account = () => ({ url: operator.engine.url, user: READER, password: PASSWORD });
const ask = (sql: string, minutesBack = 60) => {
  const now = Date.now();
  return askAsGrafana(
    expand(sql, {
      variables: { database: 'edgehouse', table: 'web_events', event_time: 'event_time' },
      from: new Date(now - minutesBack * 60_000),
      to: new Date(now + 60_000),
      intervalSeconds: 3600,
    }),
    account(),
  );
};
const panel = (title: string) => {
  const found = SECTIONS.flatMap(({ panels }) => panels).find((one) => one.title === title);
  if (found === undefined) throw new Error(`no panel ${title}`);
  return ask(found.sql);
};

/** The sums of a column over all points of a line: the test may run while the hour changes. */
function total(answer: Answer, column: string, line: Readonly<Record<string, unknown>> = {}): number {
  const points = answer.filter((point) => Object.entries(line).every(([name, value]) => point[name] === value));
  return points.reduce((sum, point) => sum + Number(point[column]), 0);
}

describe('the Grafana dashboard, asked with the rights of its reader', () => {
  test('finds the streams that the reader may read, and the time of their events', async () => {
    expect(await ask(variableNamed('table'))).toEqual([{ table: 'web_events' }]);
    expect(await ask(variableNamed('event_time'))).toEqual([{ name: 'event_time' }]);
  });

  test('sums up what came: batches, stored, refused, missing, written twice, age', async () => {
    const [sums] = await panel('In this time');

    expect(sums).toEqual({
      batches: expect.anything(),
      'rows stored': expect.anything(),
      'rows refused': 3 / 14,
      'rows missing': expect.anything(),
      'rows written twice': expect.anything(),
      'newest batch is old': expect.anything(),
    });
    const { batches, ...rest } = Object.fromEntries(
      Object.entries(sums ?? {}).map(([name, value]) => [name, Number(value)]),
    );
    expect(batches).toBe(5);
    expect(rest).toMatchObject({ 'rows stored': 8, 'rows missing': 3, 'rows written twice': 1 });
    expect(rest['newest batch is old']).toBeGreaterThanOrEqual(0);
    expect(rest['newest batch is old']).toBeLessThan((Date.now() - began) / 1000 + 2);
  });

  test('of a time in which nothing came says nothing, and fails in no panel', async () => {
    for (const { title, sql } of SECTIONS.flatMap(({ panels }) => panels)) {
      const answer = await ask(sql, -2);
      if (title === 'In this time') {
        expect(answer).toMatchObject([
          { batches: expect.anything(), 'rows refused': null, 'newest batch is old': null },
        ]);
      } else expect({ title, answer }).toEqual({ title, answer: [] });
    }
  });

  test('draws batches and rows of each stream', async () => {
    const [batches, rows] = [await panel('Batches'), await panel('Rows stored')];

    expect(total(batches, 'batches', { stream: 'web_events' }) * 3600).toBeCloseTo(5);
    // One of them twice.
    expect(total(rows, 'rows', { stream: 'web_events' }) * 3600).toBeCloseTo(9);
  });

  test('shows how long the way to ClickHouse was, and what came out of the spool', async () => {
    const [way, late] = [await panel('From receipt to ClickHouse'), await panel('Out of the spool')];

    expect(Math.max(...way.map(({ p99 }) => Number(p99)))).toBeGreaterThan(20_000);
    expect(total(late, 'batches')).toBe(2);
  });

  test('holds what each sender declared against what is stored', async () => {
    const answer = await panel('Declared and stored, by sender');

    expect(answer.map((line) => Object.values(line).slice(0, -1).map(String))).toEqual([
      ['web_events', 'web-collector', '1', '2', '1', '1', '0', '0', '0'],
      ['web_events', 'web-edge', '4', '12', '7', '2', '3', '1', '2'],
    ]);
  });

  test('names the batches that do not add up', async () => {
    const answer = await panel('Batches that do not add up');

    expect(answer.map((line) => Object.values(line).slice(0, -1).map(String))).toEqual([
      [plain, 'web_events', 'web-edge', '3', '3', '0', '0', '1'],
      [LOST, 'web_events', 'web-edge', '4', '1', '0', '3', '0'],
    ]);
  });

  test('tells of refused rows whose they are, how many, and why', async () => {
    const [share, codes, faults] = [
      await panel('Share refused, by sender'),
      await panel('Refused rows by code'),
      await panel('What was refused, and whose'),
    ];

    expect(total(share, 'share', { principal: 'web-collector' })).toBe(1 / 2);
    expect([...new Set(codes.map(({ code }) => code))].sort()).toEqual([
      'FIELD_MISSING',
      'FIELD_TYPE',
      'FIELD_UNKNOWN',
    ]);
    expect(total(codes, 'rows', { code: 'FIELD_UNKNOWN' })).toBe(2);
    expect(faults.map((line) => Object.values(line).slice(0, -1).map(String))).toEqual([
      ['web_events', 'web-edge', 'ew/12345/0.1.0', 'FIELD_UNKNOWN', 'campaign', '2', '1'],
      ['web_events', 'web-collector', 'ew/12346/0.1.0', 'FIELD_TYPE', 'event_time', '1', '1'],
      ['web_events', 'web-edge', 'ew/12345/0.1.0', 'FIELD_MISSING', 'event_time', '1', '1'],
    ]);
  });

  test('shows of a stream how old its events were, whose word they are, and where they came from', async () => {
    const [age, trust, sources] = [
      await panel('From event to receipt'),
      await panel('Rows by trust'),
      await panel('Top sources'),
    ];

    const ages = age.map(({ p50 }) => Number(p50));
    expect(Math.max(...ages)).toBeGreaterThanOrEqual(40_000);
    expect(Math.max(...ages)).toBeLessThan(50_000);
    expect(total(trust, 'rows', { trust: 'edge' }) * 3600).toBeCloseTo(8);
    expect(total(trust, 'rows', { trust: 'client' }) * 3600).toBeCloseTo(1);
    expect(sources.map((line) => Object.values(line).slice(0, -1).map(String))).toEqual([
      ['ew/12345/0.1.0', 'web-edge', 'us-east-1', '8', '4'],
      ['ew/12346/0.1.0', 'web-collector', 'us-east-1', '1', '1'],
    ]);
  });
});

describe('that reader', () => {
  test.each([
    ['the refused rows themselves', 'SELECT raw FROM edgehouse.quarantine'],
    ['them through the view', 'SELECT raw FROM edgehouse.refused_rows'],
    ['the tables behind the views', 'SELECT * FROM edgehouse._batches'],
    ['a longer time for a query', 'SELECT 1 SETTINGS max_execution_time = 31'],
    ['a query without an end', 'SELECT 1 SETTINGS max_execution_time = 0'],
    ['more memory', 'SELECT 1 SETTINGS max_memory_usage = 0'],
  ])('does not get %s', async (_what, sql) => {
    await expect(askAsGrafana(sql, account())).rejects.toThrow(
      /UNKNOWN_IDENTIFIER|ACCESS_DENIED|SETTING_CONSTRAINT_VIOLATION|READONLY/,
    );
  });
});
