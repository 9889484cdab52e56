import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../cli/parse-command.ts';
import { parseRotate } from '../../../cli/rotate-command.ts';
import { rotateSigning } from '../../../cli/rotate-signing.ts';
import { openSigningMaster } from '../../../cli/rotate-signing-store.ts';
import { rotateStatus } from '../../../cli/rotate-status.ts';
import { UsageError } from '../../../cli/usage.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { type RollDependencies, rollSigningMaster } from '../../../functions/rotation/roll-signing-master.ts';
import { formatVersionedKeys } from '../../../functions/shared/versioned-keys.ts';
import { openFileSecretStore } from '../../../local/file-secret-store.ts';
import { startVaultRig, type VaultRig } from '../../contract/support/vault-rig.ts';

const NAME = 'edgehouse/signing-master';
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const OLD_KEY = Buffer.alloc(32, 1);
const NEW_KEY = Buffer.alloc(32, 2);

describe('the command line of rotate', () => {
  test('is one that edgehouse knows', () => {
    expect(parseCommand(['rotate', 'status'], {})).toEqual({
      kind: 'rotate status',
      place: { kind: 'deployed', vaultToken: undefined },
      localEdgeKv: undefined,
      json: false,
    });
  });

  test('takes rotation for rotate', () => {
    expect(parseCommand(['rotation', 'status'], {})).toEqual(parseCommand(['rotate', 'status'], {}));
  });

  test('says what to roll and where', () => {
    expect(parseRotate(['signing'])).toEqual({
      kind: 'rotate signing',
      place: { kind: 'deployed', vaultToken: undefined },
      apply: false,
    });
    expect(parseRotate(['signing', '--apply', '--data', 'd'])).toEqual({
      kind: 'rotate signing',
      place: { kind: 'folder', dataDir: 'd' },
      apply: true,
    });
    expect(parseRotate(['status', '--data=d', '--json', '--edgekv', 'http://127.0.0.1:9/items/1'])).toEqual({
      kind: 'rotate status',
      place: { kind: 'folder', dataDir: 'd' },
      localEdgeKv: 'http://127.0.0.1:9',
      json: true,
    });
  });

  test('has the token that Vault’s own command line knows', () => {
    expect(parseCommand(['rotate', 'signing'], { VAULT_TOKEN: 'hvs.mine' })).toMatchObject({
      place: { kind: 'deployed', vaultToken: 'hvs.mine' },
    });
    expect(parseRotate(['signing'], { VAULT_TOKEN: '' })).toMatchObject({ place: { vaultToken: undefined } });
  });

  test.each([
    [''],
    ['spool'],
    ['signing status'],
    ['status --apply'],
    ['signing --aply'],
    ['signing --json'],
    ['signing --data d --edgekv http://127.0.0.1:9'],
    ['status --edgekv http://127.0.0.1:9'],
    ['status --data d --edgekv http://other.example:9'],
  ])('of rotate %s is refused', (line) => {
    expect(() => parseRotate(line.split(' ').filter((word) => word !== ''))).toThrow(UsageError);
  });
});

describe('rotate signing on a local folder', () => {
  let dataDir: string;
  let now = START;
  const lines: string[] = [];
  const io = {
    out: (line: string) => void lines.push(line),
    now: () => now,
    randomBytes: () => NEW_KEY,
    random: () => 0,
    wait: async () => undefined,
    fetch,
  };
  const secretFile = () => readFileSync(join(dataDir, 'secrets', encodeURIComponent(NAME)), 'utf8');

  async function rotate(apply: boolean): Promise<string> {
    await rotateSigning({ kind: 'rotate signing', place: { kind: 'folder', dataDir }, apply }, io);
    return lines.at(-1) ?? '';
  }

  /** What the status says of the signing master. */
  async function status(): Promise<string | undefined> {
    lines.length = 0;
    const place = { kind: 'folder', dataDir } as const;
    await rotateStatus({ kind: 'rotate status', place, localEdgeKv: undefined, json: false }, io);
    return lines
      .find((line) => line.startsWith('signing master'))
      ?.split(/ {2,}/)
      .at(-1);
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
    expect(await status()).toBe('versions 2, 1; tokens are made with 1; roll: staged for 0 min');
    expect(await rotate(true)).toMatch(/^Done\. confirm: /);
    expect(await rotate(true)).toBe(
      'Nothing is due: promote can follow at 2026-01-01T01:05:00.000Z. Run it again then.',
    );
    now += 2 * HOUR;
    expect(await rotate(true)).toMatch(/^Done\. promote: /);
    expect(await status()).toBe('versions 2, 1; tokens are made with 2; roll: minting for 0 min');
    expect(await rotate(true)).toMatch(/^Nothing is due: retire can follow at 2026-01-01T03:/);
    now += 25 * HOUR;
    expect(await rotate(true)).toMatch(/^Done\. retire: .*version 2\.$/);
    expect(await status()).toBe('versions 2; tokens are made with 2; no roll is under way');
  });

  test('never prints a key', async () => {
    for (const apply of [false, true, false]) await rotate(apply);
    const said = [...lines];
    await status();
    const text = [...said, ...lines].join('\n');

    for (const key of [OLD_KEY, NEW_KEY]) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const)
        expect(text).not.toContain(key.toString(encoding));
    }
  });
});

describe('the signing master in Vault', () => {
  let rig: VaultRig;
  beforeEach(async () => {
    rig = await startVaultRig();
    rig.vault.put(NAME, JSON.parse(formatVersionedKeys([{ version: 1, key: OLD_KEY }])));
  });
  afterEach(() => rig.vault.close());

  async function dependencies(vaultToken: string | undefined): Promise<RollDependencies> {
    const vault = { address: rig.vault.address, mount: 'team/kv', role: 'none', namespace: 'edge' };
    const config = parseConfig({ regions: ['us-east-1', 'eu-west-1'], streams: { web: {} }, secrets: { vault } });
    const now = () => rig.clock.now;
    const opened = await openSigningMaster({ kind: 'deployed', vaultToken }, config, { fetch, now });
    return { ...opened, tokenLifetimeSeconds: 3600, now: Math.floor(now() / 1000), newKey: () => NEW_KEY };
  }

  test('is rolled with the operator’s own token, and without a login', async () => {
    rig.vault.behaviour.ttl = 48 * 3600;
    const token = rig.operatorToken();

    const kinds: string[] = [];
    for (const hours of [0, 0, 2, 25]) {
      rig.clock.now += hours * HOUR;
      kinds.push((await rollSigningMaster(await dependencies(token))).kind);
    }

    expect(kinds).toEqual(['stage', 'confirm', 'promote', 'retire']);
    expect(rig.vault.data(NAME)).toEqual({ version: 2, key: NEW_KEY.toString('base64url') });
    expect(rig.routes().filter((route) => route.includes('/auth/'))).toEqual([]);
    expect(rig.vault.calls.every(({ headers }) => headers['x-vault-token'] === token)).toBe(true);
  });

  test('is not written where somebody else wrote it meanwhile', async () => {
    const deps = await dependencies(rig.operatorToken());
    const { version } = await deps.store.readVersion(NAME);
    rig.vault.put(NAME, { version: 7 });

    await expect(deps.store.write(NAME, '{"version":8}', version)).rejects.toMatchObject({ code: 'CAS_MISMATCH' });
    expect(rig.vault.data(NAME)).toEqual({ version: 7 });
  });

  test('is asked for once with a token that Vault refuses', async () => {
    const deps = await dependencies('hvs.over');

    await expect(rollSigningMaster(deps)).rejects.toMatchObject({ code: 'VAULT_DENIED' });
    expect(rig.routes()).toHaveLength(1);
  });

  test('is not even asked for without a token', async () => {
    await expect(dependencies(undefined)).rejects.toMatchObject({
      code: 'VAULT_TOKEN_MISSING',
      message: expect.stringContaining('export VAULT_TOKEN='),
    });
  });
});
