import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../cli/parse-command.ts';
import { parseRotate } from '../../../cli/rotate-command.ts';
import { rotateIssuerKey } from '../../../cli/rotate-issuer-key.ts';
import { UsageError } from '../../../cli/usage.ts';
import { openFileSecretStore } from '../../../local/file-secret-store.ts';
import { json } from '../functions/shared/aws-stub.ts';
import { pointAwsAtStub } from '../functions/shared/point-aws-at-stub.ts';

const NAME = 'edgehouse/issuer-keys';
const ISSUER = 'https://issuer.example';
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const DEPLOYED = { kind: 'deployed', vaultToken: undefined } as const;

describe('the command line of rotate issuer-key', () => {
  const nothing = { kind: 'rotate issuer-key', issuer: undefined, withdraw: undefined, apply: false };

  test('says where the issuer is, unless it is a local one', () => {
    expect(parseCommand(['rotate', 'issuer-key', '--issuer', `${ISSUER}/`, '--apply'], {})).toEqual({
      ...nothing,
      place: DEPLOYED,
      issuer: ISSUER,
      apply: true,
    });
    const place = { kind: 'folder', dataDir: 'd' };
    expect(parseRotate(['issuer-key', '--data', 'd'])).toEqual({ ...nothing, place });
  });

  test('takes a key back without looking at the issuer, which may be what fails', () => {
    expect(parseRotate(['issuer-key', '--withdraw', 'b'])).toEqual({ ...nothing, place: DEPLOYED, withdraw: 'b' });
  });

  test.each([
    ['issuer-key'],
    ['issuer-key', '--issuer', 'http://issuer.example'],
    ['issuer-key', '--withdraw', 'c'],
    ['issuer-key', '--data', 'd', '--json'],
    ['signing', '--withdraw', 'a'],
    ['status', '--issuer', ISSUER],
  ])('of %s %s %s is refused', (...args) => {
    expect(() => parseRotate(args)).toThrow(UsageError);
  });
});

describe('rotate issuer-key on a local folder', () => {
  let dataDir: string;
  let now: number;
  let shown: readonly string[];
  const lines: string[] = [];
  const io = {
    out: (line: string) => void lines.push(line),
    now: () => now,
    fetch: async () => Response.json({ keys: shown.map((kid) => ({ kid })) }),
  };
  const note = () => readFileSync(join(dataDir, 'secrets', encodeURIComponent(NAME)), 'utf8');

  async function rotate(given: Partial<Parameters<typeof rotateIssuerKey>[0]> = {}): Promise<string> {
    const place = { kind: 'folder', dataDir } as const;
    const command = { kind: 'rotate issuer-key', place, issuer: ISSUER, withdraw: undefined, apply: true } as const;
    const well = await rotateIssuerKey({ ...command, ...given }, io);
    return `${well ? '' : 'exit 1: '}${lines.at(-1)}`;
  }

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-issuer-key-'));
    now = START;
    shown = ['kid-a', 'kid-b'];
    lines.length = 0;
    await (await openFileSecretStore(join(dataDir, 'secrets'))).write(NAME, '{"active":"a"}');
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('only says what is next, unless it is told to do it', async () => {
    const next = 'Next is publish: key b is published; tokens are still signed with key a. Do it with --apply.';

    expect(await rotate({ apply: false })).toBe(next);
    expect(note()).toBe('{"active":"a"}');
  });

  test('goes step by step to the other key, and says when the next step is due', async () => {
    expect(await rotate()).toBe('Done. publish: key b is published; tokens are still signed with key a.');
    expect(await rotate()).toBe('Nothing is due: sign can follow at 2026-01-01T02:10:00.000Z. Run it again then.');
    now += 3 * HOUR;
    expect(await rotate()).toBe(
      'Done. sign: tokens are signed with key b; key a stays published for those that it signed.',
    );
    expect(await rotate()).toMatch(/^Nothing is due: retire can follow at 2026-01-01T04:\d\d:00\.000Z\./);
    now += 25 * HOUR;
    expect(await rotate()).toBe(
      'Done. retire: the last token that key a signed has expired, so that key b is published alone.',
    );
    expect(note()).toBe('{"active":"b"}');
  });

  test.each([
    ['one key', ['kid-a'], 'shows 1 of 2 keys'],
    ['the same key twice', ['kid-a', 'kid-a'], 'shows 1 of 2 keys'],
    ['nothing', [], 'shows 0 of 2 keys'],
  ])('stops, and fails, where the issuer shows %s', async (_what, kids, words) => {
    await rotate();
    shown = kids;
    now += 3 * HOUR;

    expect(await rotate()).toContain(`exit 1: Nothing was done: the issuer ${words}.`);
    expect(note()).toContain('"published"');
  });

  test.each([
    ['answers 500', () => new Response('no', { status: 500 })],
    ['answers no JSON', () => new Response('<html>')],
    ['answers something else', () => Response.json({ keys: 'none' })],
  ])('takes an issuer that %s for one that shows no key', async (_what, answer) => {
    await rotate();

    const place = { kind: 'folder', dataDir } as const;
    const command = { kind: 'rotate issuer-key', place, issuer: ISSUER, withdraw: undefined, apply: true } as const;
    expect(await rotateIssuerKey(command, { ...io, fetch: async () => answer() })).toBe(false);
    expect(lines.at(-1)).toContain('shows 0 of 2 keys');
  });

  test('goes on without looking where a local issuer is not named', async () => {
    await rotate({ issuer: undefined });
    shown = [];
    now += 3 * HOUR;

    expect(await rotate({ issuer: undefined })).toMatch(/^Done\. sign: /);
  });

  test('takes a key back at once when it is told to, and says what to do then', async () => {
    await rotate();

    expect(await rotate({ withdraw: 'a', apply: false })).toMatch(
      /^Next is withdraw: key b signs.*Do it with --apply\.$/,
    );
    expect(note()).toContain('"active":"a"');
    expect(await rotate({ withdraw: 'a' })).toMatch(
      /^Done\. withdraw: key b signs.* put a new key in its place before the next roll.* Invoke the refresh now/,
    );
    expect(note()).toBe('{"active":"b"}');
  });
});

describe('rotate issuer-key of a deployed stack', () => {
  const { stub: aws } = pointAwsAtStub();

  test('writes to Secrets Manager, in the place of what it read', async () => {
    aws().answer(json({ SecretString: '{"active":"b"}', VersionId: 'v1' }), json({ VersionId: 'v2' }), json({}));
    const command = {
      kind: 'rotate issuer-key',
      place: DEPLOYED,
      issuer: ISSUER,
      withdraw: undefined,
      apply: true,
    } as const;
    const io = {
      out: () => undefined,
      now: () => START,
      fetch: async () => Response.json({ keys: [{ kid: 'kid-b' }] }),
    };

    expect(await rotateIssuerKey(command, io)).toBe(true);
    expect(aws().requests.map(({ body }) => JSON.parse(String(body)))).toEqual([
      { SecretId: NAME },
      expect.objectContaining({
        SecretId: NAME,
        SecretString: `{"active":"b","roll":{"phase":"published","since":${START / 1000}}}`,
      }),
      expect.objectContaining({ SecretId: NAME, RemoveFromVersionId: 'v1', MoveToVersionId: 'v2' }),
    ]);
  });
});
