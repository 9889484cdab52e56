import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { config } from '#config';
import { type SupervisedEngine, superviseEngine } from '../../local/clickhouse/supervise-engine.ts';
import { openDatabase } from '../../local/database.ts';
import { scratchDirs } from './support/scratch-dirs.ts';
import { until } from './support/until.ts';

const PASSWORD = 'admin-password';

let directory: string;
let said: string[];
const say = (message: string) => void said.push(message);
const opened: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgehouse-restart-test-'));
  said = [];
});

afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

test('after kill -9 it answers again at the same URL to the same account, and what was acknowledged is there', async () => {
  const engine = await start();
  await ask(engine.url, 'CREATE DATABASE shop');
  await ask(engine.url, 'CREATE TABLE shop.events (id UInt64) ENGINE = MergeTree ORDER BY id');
  await ask(engine.url, 'INSERT INTO shop.events SELECT number FROM numbers(1000)');
  const firstPid = await killOf(engine);

  const counts = await answerOf(engine.url, 'SELECT count() FROM shop.events');
  const secondPid = await killOf(engine);
  const countsOfThird = await answerOf(engine.url, 'SELECT count() FROM shop.events');

  expect([counts, countsOfThird]).toEqual(['1000\n', '1000\n']);
  expect(new Set([firstPid, secondPid, engine.pid()]).size).toBe(3);
  expect(await scratchDirs(join(directory, 'clickhouse'))).toHaveLength(1);
  expect(said.join('\n')).toMatch(/ended without being asked/);
  expect(said.join('\n')).not.toContain(PASSWORD);
});

test('a stop during the pause before the restart leaves no process and no directory of bodies', async () => {
  const engine = await start();
  await killOf(engine);
  await until(() => said.length > 0);

  await engine.stop();

  expect(engineProcesses()).toEqual([]);
  expect(await scratchDirs(join(directory, 'clickhouse'))).toEqual([]);
  expect(engine.pid()).toBeUndefined();
});

test('a stop while it is being started again leaves no process and no directory of bodies', async () => {
  const engine = await start();
  await killOf(engine);
  await until(() => said.length > 0 && engineProcesses().length > 0);

  await engine.stop();

  expect(engineProcesses()).toEqual([]);
  expect(await scratchDirs(join(directory, 'clickhouse'))).toEqual([]);
});

test('a port that somebody took meanwhile is named, and it comes back when the port is free', async () => {
  const engine = await start();
  const thief = createServer();
  await killOf(engine);
  await until(() => engine.pid() === undefined);
  await new Promise<void>((taken) => thief.listen(Number(new URL(engine.url).port), '127.0.0.1', taken));
  await until(() => said.some((message) => message.includes('is taken')));

  thief.close();
  const answer = await answerOf(engine.url, 'SELECT 7');

  expect(answer).toBe('7\n');
});

test('the database of the local stack comes back with its tables and its accounts', async () => {
  const database = await openDatabase({ config, dataDir: directory, say });
  opened.push({ stop: () => database.close() });
  const [pid = 0] = engineProcesses();
  const { username, password } = database.reader;
  process.kill(pid, 'SIGKILL');
  await until(() => said.some((message) => message.includes('ended')));

  const answer = await answerOf(database.url, 'SELECT count() FROM edgehouse.web_events', username, password);

  expect(answer).toBe('0\n');
  expect(said.join('\n')).not.toContain(password);
});

async function start(): Promise<SupervisedEngine> {
  const accounts = [{ user: 'admin', password: PASSWORD, admin: true }];
  const engine = await superviseEngine({ dataDir: join(directory, 'clickhouse'), accounts, accessSql: [] }, say);
  opened.push(engine);
  return engine;
}

async function killOf(engine: SupervisedEngine): Promise<number> {
  // It may answer a moment before its parent hears that it is ready.
  await until(() => engine.pid() !== undefined);
  const pid = engine.pid() ?? 0;
  process.kill(pid, 'SIGKILL');
  return pid;
}

async function ask(url: string, query: string, user = 'admin', password = PASSWORD): Promise<string> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
  const answer = await fetch(url, { method: 'POST', headers, body: query });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Asks until there is an answer. */
async function answerOf(url: string, query: string, user = 'admin', password = PASSWORD): Promise<string> {
  let answer: string | undefined;
  await until(async () => {
    answer = await ask(url, query, user, password).catch(() => undefined);
    return answer !== undefined;
  });
  return answer ?? '';
}

/** The engines that this process has started. */
function engineProcesses(): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((found) => Number(found?.[2]) === process.pid && found?.[3]?.includes('engine-process.ts'))
    .map((found) => Number(found?.[1]));
}
