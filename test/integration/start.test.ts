import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { parseStartOptions } from '../../local/parse-start-options.ts';
import type { ReadyLine } from '../../local/start-stack.ts';
import { generateLog } from './support/combined-oracle.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) await stop(child, 'SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, ['local/start.ts', ...args], { cwd: ROOT, env: { ...process.env, ...env } });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said.err += chunk;
  });
  return { child, out: () => said.out, err: () => said.err };
}

async function firstLine({ child, out }: Started): Promise<string> {
  while (!out().includes('\n')) {
    if (child.exitCode !== null) throw new Error('ended before it was ready');
    if (child.stdout !== null) await once(child.stdout, 'data');
  }
  return out().split('\n')[0] ?? '';
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const gone = once(child, 'close');
  child.kill(signal);
  await gone;
  return child.exitCode;
}

test('--json prints the ready line and nothing else, traffic or not, and Ctrl-C ends it with 0', async () => {
  const stack = start(['--json']);
  const ready: ReadyLine = JSON.parse(await firstLine(stack));

  const described = await fetch(ready.clickhouse, {
    method: 'POST',
    headers: ready.clickhouseHeaders,
    body: 'DESCRIBE edgehouse.web_events',
  });
  const keySet = await fetch(`${ready.issuer}/.well-known/jwks.json`);
  const code = await stop(stack.child, 'SIGINT');

  expect((await described.text()).split('\n')[0]).toMatch(/^event_time\tDateTime64\(3, \\'UTC\\'\)/);
  expect(await keySet.json()).toMatchObject({ keys: [{ kty: 'RSA', alg: 'RS256', use: 'sig' }] });
  expect(code).toBe(0);
  expect(stack.out().trim().split('\n')).toHaveLength(1);
  expect(Object.values(ready).filter((value) => typeof value === 'string' && /^http.*\/$/.test(value))).toEqual([]);
});

test('without --json it says what it does, and Ctrl-C ends it with a summary', async () => {
  const stack = start([]);
  await firstLine(stack);

  const code = await stop(stack.child, 'SIGINT');

  expect(code).toBe(0);
  expect(stack.out()).toMatch(
    /summary after [\d.]+ s: \d+ events[\s\S]*stored \d+ {2}quarantined \d+[\s\S]*missing 0 /,
  );
});

test('a replayed log ends by itself, with 0 where nothing is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'edgehouse-start-'));
  const file = join(folder, 'access.log');
  writeFileSync(file, generateLog().split('\n').slice(0, 40).join('\n'));

  const { child, out } = start(['--replay', file, '--mode', 'request', '--data', join(folder, 'data')]);
  await once(child, 'close');

  expect(child.exitCode).toBe(0);
  expect(out()).toMatch(
    /: 40 events[\s\S]*stored 40 [\s\S]*onClientResponse of EdgeWorker 12345: 40 calls[\s\S]*missing 0 /,
  );
  rmSync(folder, { recursive: true });
});

test('a log that is not there ends it with a message', async () => {
  const { child, err } = start(['--replay', '/nowhere/access.log']);

  await once(child, 'close');

  expect(child.exitCode).toBe(1);
  expect(err()).toContain("no such file or directory, open '/nowhere/access.log'");
});

test('a busy port ends it with a message that names the port and the next step', async () => {
  const first = start(['--json', '--no-traffic']);
  const { api }: ReadyLine = JSON.parse(await firstLine(first));
  const port = new URL(api).port;

  const second = start(['--no-traffic', '--port', port]);
  await once(second.child, 'close');

  expect(second.child.exitCode).toBe(1);
  expect(second.err()).toMatch(new RegExp(`Port ${port} .* taken .* Next:`));
});

test('a second stack on the first one’s ClickHouse creates no user, uses its administrator and says so', async () => {
  const first = start(['--json', '--no-traffic']);
  const { clickhouseAdmin = '' }: ReadyLine = JSON.parse(await firstLine(first));

  const second = start(['--json', '--no-traffic'], { CLICKHOUSE_URL: clickhouseAdmin });
  const ready: ReadyLine = JSON.parse(await firstLine(second));

  expect(ready.clickhouse).toBe(new URL(clickhouseAdmin).origin);
  expect(ready.clickhouseHeaders['X-ClickHouse-User']).toBe(new URL(clickhouseAdmin).username);
  expect(ready.clickhouseAdmin).toBeUndefined();
  expect(second.err()).toContain('no user is created');
});

test('a CLICKHOUSE_URL where nothing answers is named, without its password', async () => {
  const { child, err } = start(['--json'], { CLICKHOUSE_URL: 'http://admin:hunter2@127.0.0.1:1' });

  await once(child, 'close');

  expect(child.exitCode).toBe(1);
  expect(err()).toContain('No ClickHouse answers at http://127.0.0.1:1, where CLICKHOUSE_URL points.');
  expect(err()).not.toContain('hunter2');
});

test.each([
  [['--mode', 'request'], '--replay FILE'],
  [['--replay', 'x', '--mode', 'all'], 'collect or request'],
  [['--replay', 'x', '--no-traffic'], '--no-traffic'],
])('options that do not fit together are answered with what was expected: %j', (args, expected) => {
  expect(() => parseStartOptions(args)).toThrow(expected);
});

test('an unknown option is answered with the usage', async () => {
  const { child, err } = start(['--nope']);

  await once(child, 'close');

  expect(child.exitCode).toBe(1);
  expect(err()).toContain('--no-traffic');
});
