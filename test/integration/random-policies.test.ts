import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../config/decide.ts';
import { compileAccess, compileRowFilterViews } from '../../config/grants.ts';
import { parseConfig } from '../../config/parse-config.ts';
import type { Config, Principal } from '../../config/schema.ts';
import { sqlUsers } from '../../config/sql-users.ts';
import { type Engine, startEngine } from '../../local/clickhouse/start-engine.ts';

// Each policy has a database and users of its own in one engine, which takes its accounts only when it starts.

const POLICIES = 25;
const PATIENCE_MS = 20_000;
/** Policies that are tried however long they take. */
const LEAST = 5;
const PASSWORD = 'only-for-this-test';
const STREAMS = ['a', 'b', 'c'];
const FILTER = "city = 'Paris'";
const seed = Math.floor(Math.random() * 2 ** 31);

const some = (names: readonly string[]) => fc.subarray([...names], { minLength: 1, maxLength: 3 });
const readers = fc.dictionary(
  fc.constantFrom('x', 'x-y', 'z'),
  fc.record({
    // A filtered stream may be named by one rule only.
    allow: fc
      .record({ plain: fc.array(some([...STREAMS, 'batches']), { maxLength: 2 }), filtered: fc.subarray(STREAMS) })
      .map(({ plain, filtered }) => [
        ...plain
          .map((names) => names.filter((name) => !filtered.includes(name)))
          .flatMap((read) => (read.length > 0 ? [{ read }] : [])),
        ...filtered.map((name) => ({ read: [name], rows: FILTER })),
      ]),
    deny: fc.array(fc.record({ read: some([...STREAMS, 'batches']) }), { maxLength: 1 }),
  }),
  { minKeys: 1 },
);
const policies = fc.sample(readers, { seed, numRuns: POLICIES }).map((principals, index) => ({
  prefix: `p${index}`,
  config: parseConfig({
    clickhouse: { database: `db${index}` },
    streams: { a: {}, b: { table: 'b_rows' }, c: {} },
    principals: { edge: { claims: { sub: 'e' }, allow: [{ write: STREAMS, sources: ['e'] }] }, ...principals },
  }),
}));

let dataDir: string;
let engine: Engine;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'random-policies-'));
  const users = policies.flatMap(({ config, prefix }) => {
    const { writer, inspector, operator, readers } = sqlUsers(config, { userPrefix: prefix });
    return [writer, inspector, operator, ...Object.values(readers)];
  });
  engine = await startEngine({
    dataDir,
    accounts: [
      { user: 'admin', password: PASSWORD, admin: true },
      ...users.map((user) => ({ user, password: PASSWORD })),
    ],
    accessSql: policies.flatMap(({ config, prefix }) => compileAccess(config, { userPrefix: prefix })),
  });
}, 180_000);

afterAll(async () => {
  await engine?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function run(user: string, sql: string): Promise<{ readonly code: number; readonly text: string }> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': PASSWORD };
  const response = await fetch(`${engine.url}/?wait_end_of_query=1`, { method: 'POST', headers, body: sql });
  const code = Number(response.headers.get('x-clickhouse-exception-code') ?? 0);
  return { code, text: (await response.text()).trim() };
}

/** The tables and views of a policy's database, and the rows that a filter is to hide. */
async function build(config: Config): Promise<void> {
  const { database } = config.clickhouse;
  const tables = [...Object.values(config.streams).map(({ table }) => table), 'quarantine', '_batches'];
  for (const sql of [
    `CREATE DATABASE ${database}`,
    ...tables.map(
      (table) => `CREATE TABLE ${database}.${table} (id UInt64, city String) ENGINE = MergeTree ORDER BY id`,
    ),
    `CREATE VIEW ${database}.batches DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT id FROM ${database}._batches`,
    ...tables.map((table) => `INSERT INTO ${database}.${table} VALUES (1, 'Paris'), (2, 'Rome')`),
    ...compileRowFilterViews(config),
  ]) {
    expect({ sql, ...(await run('admin', sql)) }).toMatchObject({ code: 0 });
  }
}

/** What the policy lets a reader see of each relation: every row, those of a filter, or nothing. Asked of `decide` alone. */
function seenBy(config: Config, principal: Principal): ReadonlyMap<string, number> {
  const mayRead = (name: string) => decide(principal, 'read', name, '', '').allowed;
  const seen = new Map<string, number>(mayRead('batches') ? [['batches', 2]] : []);
  for (const { name, table } of Object.values(config.streams)) {
    const filtered = principal.allow.some(
      (rule) => 'read' in rule && rule.read.includes(name) && rule.rows !== undefined,
    );
    if (mayRead(name)) seen.set(filtered ? `${name}_for_${principal.name.replace('-', '_')}` : table, filtered ? 1 : 2);
  }
  return seen;
}

test('of any policy, what its grants let each account do on the engine is what decide allows, and nothing more', async () => {
  const started = performance.now();
  let [checked, questions, allowed] = [0, 0, 0];
  for (const { config, prefix } of policies) {
    if (checked >= LEAST && performance.now() - started > PATIENCE_MS) break;
    await build(config);
    const { database } = config.clickhouse;
    const { readers, writer, inspector, operator } = sqlUsers(config, { userPrefix: prefix });
    const views = Object.values(config.principals).flatMap(({ name }) =>
      STREAMS.map((stream) => `${stream}_for_${name.replace('-', '_')}`),
    );
    const there = (await run('admin', `SELECT name FROM system.tables WHERE database = '${database}'`)).text.split(
      '\n',
    );
    const relations = there.filter((name) => views.includes(name) || !name.includes('_for_'));
    const written = STREAMS.filter((stream) =>
      Object.values(config.principals).some((who) => decide(who, 'write', stream, 'e', 'us-east-1').allowed),
    ).map((stream) => config.streams[stream]?.table);

    for (const [name, user] of Object.entries(readers)) {
      const principal = config.principals[name];
      const seen = principal === undefined ? new Map<string, number>() : seenBy(config, principal);
      for (const relation of relations) {
        const { code, text } = await run(user, `SELECT count() FROM ${database}.${relation}`);
        expect({ seed, user, relation, rows: code === 0 ? Number(text) : 0 }).toEqual({
          seed,
          user,
          relation,
          rows: seen.get(relation) ?? 0,
        });
        questions++;
        if (code === 0) allowed++;
      }
    }
    for (const user of [writer, inspector, operator, ...Object.values(readers)]) {
      for (const relation of relations) {
        const insert = await run(user, `INSERT INTO ${database}.${relation} (id) VALUES (3)`);
        const erase = await run(user, `ALTER TABLE ${database}.${relation} DELETE WHERE 0`);
        const mayInsert = user === writer && [...written, 'quarantine'].includes(relation);
        const mayErase = user === operator && [...written, 'quarantine', '_batches'].includes(relation);
        expect({ seed, user, relation, insert: insert.code === 0, erase: erase.code === 0 }).toEqual({
          seed,
          user,
          relation,
          insert: mayInsert,
          erase: mayErase,
        });
        questions += 2;
      }
    }
    checked++;
  }

  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(`grants: ${checked} policies, ${questions} statements in ${seconds} s, seed ${seed}\n`);
  expect(allowed).toBeGreaterThan(checked);
}, 180_000);
