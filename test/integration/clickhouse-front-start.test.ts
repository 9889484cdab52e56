import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Account, startEngine } from '../../local/clickhouse/start-engine.ts';
import { credentials, type Front, readFront, startFront } from './support/clickhouse-front.ts';
import { scratchDirs } from './support/scratch-dirs.ts';
import { until } from './support/until.ts';

let front: Front;

beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front?.stop());

describe('start and stop', () => {
  const admins: readonly Account[] = [{ user: 'admin', password: 'admin-password', admin: true }];

  test('what was acknowledged is there after a kill and a restart on the same port, and nothing is left behind', async () => {
    const dataDir = join(front.directory, 'killed');
    const first = await startEngine({ dataDir, accounts: admins, accessSql: [] });
    const port = Number(new URL(first.url).port);
    await postTo(first.url, 'CREATE DATABASE shop');
    await postTo(first.url, 'CREATE TABLE shop.events (id UInt64) ENGINE = MergeTree ORDER BY id');
    let acknowledged = 0;
    const sender = (async () => {
      for (let id = 0; ; id++) {
        const { status } = await postTo(first.url, `INSERT INTO shop.events (id) VALUES (${id})`);
        if (status === 200) acknowledged++;
        if (acknowledged === 30) void first.kill();
      }
    })().catch(() => undefined);
    await sender;
    await first.kill();

    const second = await startEngine({ dataDir, port, accounts: admins, accessSql: [] });
    const { text } = await postTo(second.url, 'SELECT count() FROM shop.events');
    await second.stop();

    expect(acknowledged).toBeGreaterThanOrEqual(30);
    expect(Number(text)).toBeGreaterThanOrEqual(acknowledged);
    expect(second.url).toBe(first.url);
  });

  test('the directory of bodies is private, and neither a stop nor a restart after a kill leaves one behind', async () => {
    const dataDir = join(front.directory, 'scratch');
    const start = () => startEngine({ dataDir, accounts: admins, accessSql: [] });

    const first = await start();
    const [own = ''] = await scratchDirs(dataDir);
    const { mode } = await stat(own);
    await first.kill();
    const afterKill = await scratchDirs(dataDir);
    const second = await start();
    const afterRestart = await scratchDirs(dataDir);
    await second.stop();

    expect(mode & 0o777).toBe(0o700);
    expect(afterKill).toEqual([own]);
    expect(afterRestart).toHaveLength(1);
    expect(afterRestart).not.toContain(own);
    expect(await scratchDirs(dataDir)).toEqual([]);
  });

  test('a stop lets a request under way end, and does not wait for connections without one', async () => {
    const stopped = await startEngine({ dataDir: join(front.directory, 'stopped'), accounts: admins, accessSql: [] });
    const idle = connect(Number(new URL(stopped.url).port), '127.0.0.1');
    await once(idle, 'connect');
    const running = postTo(stopped.url, 'SELECT sleep(1) FORMAT CSV');
    const count = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleep(1)%' FORMAT CSV";
    await until(async () => (await postTo(stopped.url, count)).text === '1\n');
    const beginning = performance.now();

    const stopping = stopped.stop();
    const answer = await running;
    await stopping;

    expect(answer).toMatchObject({ status: 200, text: '0\n' });
    expect(performance.now() - beginning).toBeLessThan(4_000);
    idle.destroy();
  });

  test('the engine ends with the process that started it, however that ends', async () => {
    const module = new URL('../../local/clickhouse/start-engine.ts', import.meta.url).href;
    const options = { dataDir: join(front.directory, 'orphan'), accounts: admins, accessSql: [] };
    const script = `const { startEngine } = await import(${JSON.stringify(module)});
      process.stdout.write((await startEngine(${JSON.stringify(options)})).url);`;
    const parent = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [url] = await once(parent.stdout, 'data');
    const answered = await fetch(`${url}/ping`);

    parent.kill('SIGKILL');
    await until(() =>
      fetch(`${url}/ping`).then(
        () => false,
        () => true,
      ),
    );

    expect(answered.status).toBe(200);
  });

  test('a port that is taken is named', async () => {
    const port = Number(new URL(front.engine.url).port);

    const starting = startEngine({ dataDir: join(front.directory, 'other'), port, accounts: admins, accessSql: [] });

    await expect(starting).rejects.toMatchObject({ code: 'PORT_BUSY', message: expect.stringContaining(String(port)) });
  });

  test('a data directory that is held is named, and its holder is not disturbed', async () => {
    const { dataDir } = front;

    const starting = startEngine({ dataDir, accounts: admins, accessSql: [] });

    await expect(starting).rejects.toMatchObject({ code: 'DATA_DIR_BUSY', message: expect.stringContaining(dataDir) });
    expect((await front.post('1', { query: 'INSERT INTO shop.events (id) FORMAT CSV' })).status).toBe(200);
  });

  test.each([
    ['a row policy', ['CREATE ROLE r', 'CREATE ROW POLICY p ON shop.events USING id = 1 TO r'], 'statement 2'],
    ['a statement that is no SQL', ["CREATE USER u IDENTIFIED BY 'secret' WHATEVER"], 'statement 1'],
    ['a privilege that does not exist', ['CREATE ROLE r', 'GRANT SELCT ON shop.events TO r'], 'statement 2'],
  ])('%s in the access SQL refuses the start, by its place and not its text', async (_what, accessSql, place) => {
    const starting = startEngine({ dataDir: join(front.directory, 'other'), accounts: admins, accessSql });

    await expect(starting).rejects.toMatchObject({
      code: 'ACCESS_SQL_REFUSED',
      message: expect.stringContaining(place),
    });
    await expect(starting).rejects.toMatchObject({ message: expect.not.stringMatching(/secret|shop/) });
  });
});

async function postTo(url: string, body: string) {
  return readFront(await fetch(url, { method: 'POST', body, headers: credentials('admin') }));
}
