import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeServer, listen } from '../../../local/listen.ts';

// The npm that is installed, against a registry of this test's own: what it prints is npm's.

const GATE = fileURLToPath(new URL('../../../.ci/audit.ts', import.meta.url));
const ADVISORY = {
  id: 1,
  url: 'https://github.com/advisories/GHSA-abcd-1234-efgh',
  title: 'A hole',
  severity: 'high',
  vulnerable_versions: '<2.0.0',
  cwe: [],
  cvss: { score: 7.5, vectorString: null },
};
const PACKAGE = { name: 'deep', versions: { '1.0.0': { name: 'deep', version: '1.0.0' } } };
const EXCEPTION = {
  id: 'GHSA-abcd-1234-efgh',
  package: 'deep',
  until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10),
  reason: 'It only runs while tests do.',
};

let project: string;
let server: Server;
let registry: string;
/** What the registry answers to the question for advisories. */
let answer: { readonly status: number; readonly body: unknown };

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'edgehouse-audit-'));
  const dependencies = { deep: '1.0.0' };
  const root = { name: 'project', version: '1.0.0' };
  const packages = { '': { ...root, dependencies }, 'node_modules/deep': { version: '1.0.0' } };
  mkdirSync(join(project, '.ci'));
  write('package.json', { ...root, dependencies });
  write('package-lock.json', { ...root, lockfileVersion: 3, requires: true, packages });
  server = createServer((request, response) => {
    const { status, body } = request.method === 'POST' ? answer : { status: 200, body: PACKAGE };
    request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)));
  });
  registry = await listen(server, 0);
});

afterAll(async () => {
  await closeServer(server);
  rmSync(project, { recursive: true });
});

function write(name: string, value: unknown): void {
  writeFileSync(join(project, name), JSON.stringify(value));
}

async function audit(exceptions: readonly unknown[], ...args: readonly string[]) {
  write('.ci/audit-exceptions.json', exceptions);
  const env = {
    PATH: process.env['PATH'],
    HOME: project,
    npm_config_registry: registry,
    npm_config_fetch_retries: '0',
  };
  const child = spawn(process.execPath, [GATE, ...args], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { status, out };
}

describe('npm run audit', () => {
  test('fails on a hole that the registry knows of, and names it', async () => {
    answer = { status: 200, body: { deep: [ADVISORY] } };

    const { status, out } = await audit([]);

    expect([status, out]).toEqual([1, expect.stringContaining('GHSA-abcd-1234-efgh (high) of deep <2.0.0: A hole.')]);
  });

  test('passes with an exception, and fails with one that is not needed', async () => {
    answer = { status: 200, body: { deep: [ADVISORY] } };
    const excepted = await audit([EXCEPTION]);
    answer = { status: 200, body: {} };

    const unneeded = await audit([EXCEPTION]);

    expect(excepted).toEqual({ status: 0, out: 'audited: no known hole without one of 1 exceptions\n' });
    expect([unneeded.status, unneeded.out]).toEqual([1, expect.stringContaining('not needed any more')]);
  });

  test.each([
    [405, 'Method Not Allowed'],
    [503, 'Service Unavailable'],
  ])(
    'fails where the registry cannot be asked (%i), unless that may be, and says so either way',
    async (status, word) => {
      answer = { status, body: {} };

      const runs = [await audit([]), await audit([], '--may-be-offline')];

      expect(runs.map((run) => run.status)).toEqual([1, 0]);
      for (const { out } of runs)
        expect(out).toMatch(new RegExp(`^NOT AUDITED, nobody looked for known holes: ${status} ${word}`));
    },
  );
});
