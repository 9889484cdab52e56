import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../cli/parse-command.ts';
import { parseRotate } from '../../../cli/rotate-command.ts';
import { rotateSigning } from '../../../cli/rotate-signing.ts';
import { rotateStatus } from '../../../cli/rotate-status.ts';
import { UsageError } from '../../../cli/usage.ts';
import { formatVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { openFileSecretStore } from '../../../local/file-secret-store.ts';

const NAME = 'edgehouse/signing-master';
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const OLD_KEY = Buffer.alloc(32, 1);
const NEW_KEY = Buffer.alloc(32, 2);

describe('the command line of rotate', () => {
  test('is one that edgehouse knows', () => {
    expect(parseCommand(['rotate', 'status'], {})).toEqual({ kind: 'rotate status', place: { kind: 'aws' } });
  });

  test('says what to roll and where', () => {
    expect(parseRotate(['signing'])).toEqual({ kind: 'rotate signing', place: { kind: 'aws' }, apply: false });
    expect(parseRotate(['signing', '--apply', '--data', 'd'])).toEqual({
      kind: 'rotate signing',
      place: { kind: 'folder', dataDir: 'd' },
      apply: true,
    });
    expect(parseRotate(['status', '--data=d'])).toEqual({
      kind: 'rotate status',
      place: { kind: 'folder', dataDir: 'd' },
    });
  });

  test.each([[], ['spool'], ['signing', 'status'], ['status', '--apply'], ['signing', '--aply']])(
    'of %j %j is refused',
    (...args) => {
      expect(() => parseRotate(args)).toThrow(UsageError);
    },
  );
});

describe('rotate signing on a local folder', () => {
  let dataDir: string;
  let now = START;
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), now: () => now, randomBytes: () => NEW_KEY };
  const secretFile = () => readFileSync(join(dataDir, 'secrets', encodeURIComponent(NAME)), 'utf8');

  async function rotate(apply: boolean): Promise<string> {
    await rotateSigning({ kind: 'rotate signing', place: { kind: 'folder', dataDir }, apply }, io);
    return lines.at(-1) ?? '';
  }

  async function status(): Promise<readonly string[]> {
    lines.length = 0;
    await rotateStatus({ kind: 'rotate status', place: { kind: 'folder', dataDir } }, io);
    return [...lines];
  }

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-rotate-'));
    now = START;
    lines.length = 0;
    const secrets = await openFileSecretStore(join(dataDir, 'secrets'));
    await secrets.write(NAME, formatVersionedKeys([{ version: 1, key: OLD_KEY }]));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('only says what is next, unless it is told to do it', async () => {
    const before = secretFile();

    expect(await rotate(false)).toMatch(/^Next is stage: .* Do it with --apply\.$/);
    expect(secretFile()).toBe(before);
  });

  test('goes step by step to the new version, and says when the next one is due', async () => {
    expect(await rotate(true)).toMatch(/^Done\. stage: .*version 2 and 1\.$/);
    expect(await status()).toEqual(['signing master: versions 2, 1; tokens are made with 1', 'roll: staged for 0 min']);
    expect(await rotate(true)).toMatch(/^Done\. confirm: /);
    expect(await rotate(true)).toBe(
      'Nothing is due: promote can follow at 2026-01-01T01:05:00.000Z. Run it again then.',
    );
    now += 2 * HOUR;
    expect(await rotate(true)).toMatch(/^Done\. promote: /);
    expect(await status()).toEqual([
      'signing master: versions 2, 1; tokens are made with 2',
      'roll: minting for 0 min',
    ]);
    expect(await rotate(true)).toMatch(/^Nothing is due: retire can follow at 2026-01-01T03:/);
    now += 25 * HOUR;
    expect(await rotate(true)).toMatch(/^Done\. retire: .*version 2\.$/);
    expect(await status()).toEqual(['signing master: versions 2; tokens are made with 2', 'no roll is under way']);
  });

  test('never prints a key', async () => {
    for (const apply of [false, true, false]) await rotate(apply);
    await status();
    const text = lines.join('\n');

    for (const key of [OLD_KEY, NEW_KEY]) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const)
        expect(text).not.toContain(key.toString(encoding));
    }
  });
});
