import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rotateStatus } from '../../../cli/rotate-status.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { formatVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { createEdgeKvService, type EdgeKvService } from '../../../local/edgekv/edgekv-service.ts';
import { openFileSecretStore } from '../../../local/file-secret-store.ts';

const MINUTE = 60_000;
const KEY = { version: 1, key: Buffer.alloc(32, 'canary') };
const io = { fetch, random: () => 0.5, wait: async () => undefined };

describe('the status of a local stack', () => {
  let dataDir: string;
  let edgeKv: EdgeKvService;
  let origin: string;
  const lines: string[] = [];
  const now = () => Date.now() + 3 * MINUTE;

  beforeEach(async () => {
    lines.length = 0;
    dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-status-'));
    const secrets = await openFileSecretStore(join(dataDir, 'secrets'));
    await secrets.write('edgehouse/clickhouse/writer', 'canary');
    await secrets.write('edgehouse/clickhouse/inspector', 'canary');
    await secrets.write('edgehouse/issuer-keys', '{"active":"a"}');
    for (const name of ['edgehouse/signing-master', 'edgehouse/spool-key']) {
      await secrets.write(name, formatVersionedKeys([KEY]));
    }
    edgeKv = createEdgeKvService({ accessToken: 'canary', network: 'production' });
    origin = await edgeKv.listen(0);
  });
  afterEach(async () => {
    await edgeKv.close();
    rmSync(dataDir, { recursive: true });
  });

  const status = (localEdgeKv?: string, json = false) =>
    rotateStatus(
      { kind: 'rotate status', place: { kind: 'folder', dataDir }, localEdgeKv, json },
      { ...io, now, out: (line) => void lines.push(line) },
    );

  test('is what its folder shows, and says what it takes to know of the tokens', async () => {
    expect(await status()).toBe(true);
    expect(lines.join('\n')).not.toContain('canary');
    expect(lines.slice(1)).toEqual([
      'clickhouse writer     ok       3 min    unknown  at each start      written',
      'clickhouse inspector  ok       3 min    unknown  at each start      written',
      'signing master        ok       3 min    never    rotate signing     versions 1; tokens are made with 1; no roll is under way',
      'spool key             ok       3 min    never    by hand            written',
      'issuer keys           ok       3 min    never    rotate issuer-key  key a signs; no roll is under way',
      'edge tokens           unknown  unknown  unknown  unknown            in the memory of a stack that runs: give its address with --edgekv',
      'none of 6 need a look',
    ]);
  });

  test('has the tokens too where its EdgeKV answers, and fails where one is late', async () => {
    const issuedAt = Math.floor(now() / 1000) - 20 * 60;
    const late = JSON.stringify({ v: 1, token: 'canary', notBefore: issuedAt - 60, exp: issuedAt + 3600 });
    await edgeKv.edgeKv.put('production', 'edgehouse', 'credentials', '12345', late);

    expect(await status(origin)).toBe(false);
    expect(lines.find((line) => line.startsWith('edge token 12345'))).toMatch(
      /^edge token 12345 production +LATE +20 min +in 39 min +5 min ago +pushed .*, none after it$/,
    );
    expect(lines.join('\n')).not.toContain('canary');
  });

  test('says that no EdgeKV is there', async () => {
    await edgeKv.close();

    expect(await status(origin)).toBe(false);
    expect(lines.find((line) => line.startsWith('edge token 12345'))).toMatch(/UNREAD .*ECONNREFUSED/);
    edgeKv = createEdgeKvService({ accessToken: 'a', network: 'production' });
    await edgeKv.listen(0);
  });

  test('makes the exit status: 1 where one needs a look', async () => {
    const nothing = () => undefined;
    const interrupted = () => new AbortController().signal;
    const all = { ...io, now, interrupted, stdin: process.stdin, err: nothing, randomBytes, out: nothing };
    const args = ['rotate', 'status', '--data', dataDir];

    const statuses = [await runCli(args, {}, all), await runCli([...args, '--edgekv', origin], {}, all)];

    expect(statuses).toEqual([0, 1]);
  });

  test('is one JSON object for a program', async () => {
    await status(undefined, true);

    const { credentials } = JSON.parse(lines.join('\n'));
    expect(credentials).toHaveLength(6);
    expect(credentials[0]).toMatchObject({ credential: 'clickhouse writer', state: 'ok', next: 'at each start' });
  });
});
