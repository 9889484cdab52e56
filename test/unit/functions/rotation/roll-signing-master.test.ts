import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  nextRollStep,
  PROMOTE_AFTER_SECONDS,
  planRoll,
  type RollDependencies,
  rollSigningMaster,
} from '../../../../functions/rotation/roll-signing-master.ts';
import { retireAfterSeconds } from '../../../../functions/rotation/roll-waits.ts';
import {
  formatSigningMaster,
  mintingOrder,
  parseSigningMaster,
  ROLL_PHASES,
  type SigningMaster,
} from '../../../../functions/rotation/signing-master.ts';
import {
  createSecretsManagerVersions,
  type VersionedSecretStore,
  versionsOf,
} from '../../../../functions/rotation/versioned-secret-store.ts';
import type { SecretStore } from '../../../../functions/shared/secret-store.ts';
import { formatVersionedKeys, parseVersionedKeys } from '../../../../functions/shared/versioned-keys.ts';
import { type AwsStub, json, jsonError, startAwsStub } from '../shared/aws-stub.ts';

const LIFETIME = 3_600;
const NAME = 'edgehouse/signing-master';

/** One secret in memory that every region reads, unless it lags behind. */
function rig() {
  let text = formatVersionedKeys([{ version: 7, key: Buffer.alloc(32, 7) }]);
  let now = 1_800_000_000;
  let lagging: string | undefined;
  const memory = {
    read: async () => text,
    write: async (_name: string, next: string) => {
      text = next;
    },
  };
  const region: SecretStore = { read: async () => lagging ?? text };
  const deps = (): RollDependencies => ({
    store: versionsOf(memory),
    secret: NAME,
    regions: new Map([
      ['eu-central-1', memory],
      ['us-east-1', region],
    ]),
    tokenLifetimeSeconds: LIFETIME,
    now,
    newKey: () => Buffer.alloc(32, 8),
  });
  return {
    deps,
    step: (afterSeconds = 0) => {
      now += afterSeconds;
      return rollSigningMaster(deps());
    },
    lag: (lags: boolean) => {
      lagging = lags ? text : undefined;
    },
    text: () => text,
    versions: () => parseVersionedKeys(text).map(({ version }) => version),
    mints: () => mintingOrder(parseSigningMaster(text))[0].version,
  };
}

describe('a roll of the signing master', () => {
  test('reads everywhere, then mints, then lets the old version go, and waits before each for whoever lags', async () => {
    const roll = rig();
    const seen = async (afterSeconds: number) => {
      const { kind } = await roll.step(afterSeconds);
      return [kind, roll.versions().join(), roll.mints()];
    };

    expect(await seen(0)).toEqual(['stage', '8,7', 7]);
    expect(await seen(0)).toEqual(['confirm', '8,7', 7]);
    expect(await seen(PROMOTE_AFTER_SECONDS - 1)).toEqual(['wait', '8,7', 7]);
    expect(await seen(1)).toEqual(['promote', '8,7', 8]);
    expect(await seen(retireAfterSeconds(LIFETIME) - 1)).toEqual(['wait', '8,7', 8]);
    expect(await seen(1)).toEqual(['retire', '8', 8]);
    expect(JSON.parse(roll.text())).toEqual({ version: 8, key: Buffer.alloc(32, 8).toString('base64url') });
  });

  test('keeps the old version for a token that a refresh makes as late as Lambda lets it, by a clock that is a minute ahead', () => {
    const [mintedAt, skew, tolerance] = [15 * 60, 60, 30];

    expect(retireAfterSeconds(LIFETIME)).toBeGreaterThan(mintedAt + skew + LIFETIME + tolerance);
  });

  test('does not go on while a region does not read the new version, and names it', async () => {
    const roll = rig();
    roll.lag(true);
    await roll.step();

    expect(await roll.step(86_400)).toEqual({ kind: 'blocked', regions: ['us-east-1'] });
    roll.lag(false);
    expect(await roll.step()).toMatchObject({ kind: 'confirm' });
    expect(await roll.step(PROMOTE_AFTER_SECONDS - 1)).toMatchObject({ kind: 'wait', before: 'promote' });
  });

  test('takes a region that reads another key under the same number for one that does not read it', async () => {
    const roll = rig();
    await roll.step();
    const other = formatVersionedKeys([
      { version: 8, key: Buffer.alloc(32, 9) },
      { version: 7, key: Buffer.alloc(32, 7) },
    ]);
    const regions = new Map([['us-east-1', { read: async () => other }]]);

    expect(await nextRollStep({ ...roll.deps(), regions })).toEqual({ kind: 'blocked', regions: ['us-east-1'] });
  });

  test('is only looked at, and nothing is written, by whoever asks what comes next', async () => {
    const roll = rig();
    const before = roll.text();

    expect(await nextRollStep(roll.deps())).toMatchObject({ kind: 'stage' });
    expect(roll.text()).toBe(before);
  });

  test('writes nothing where somebody else wrote meanwhile', async () => {
    const roll = rig();
    const { store } = roll.deps();
    const slow: VersionedSecretStore = {
      ...store,
      readVersion: async (name) => {
        const read = await store.readVersion(name);
        await roll.step();
        return read;
      },
    };
    const changed = rollSigningMaster({ ...roll.deps(), store: slow });

    await expect(changed).rejects.toMatchObject({ code: 'SECRET_CHANGED' });
    await expect(changed).rejects.not.toThrow(/[\w-]{43}/);
    expect(roll.versions()).toEqual([8, 7]);
  });

  test('that was begun by hand ends like any other', async () => {
    const keys = [
      { version: 2, key: Buffer.alloc(32, 2) },
      { version: 1, key: Buffer.alloc(32, 1) },
    ] as const;
    const state = { now: 5, tokenLifetimeSeconds: LIFETIME, missingIn: [], newKey: () => Buffer.alloc(32) };

    expect(planRoll({ keys, roll: undefined }, state)).toEqual({
      kind: 'promote',
      next: { keys, roll: { phase: 'minting', since: 5 } },
    });
  });

  /** The promise itself, over any history of calls: whenever a token is alive, each region derives its key. */
  test('whenever it is called and whoever lags, every living token’s version is read everywhere', async () => {
    const call = fc.record({ wait: fc.integer({ min: 0, max: 7_200 }), storeDown: fc.boolean(), lags: fc.boolean() });
    const calls = fc.array(call, { minLength: 20, maxLength: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(calls, async (script) => {
        const roll = rig();
        let now = 1_800_000_000;
        // What a container of the other region holds: an hour old at most, as long as its store is down.
        let held = { versions: roll.versions(), readAt: now };
        const tokens: { version: number; exp: number }[] = [];
        for (const { wait, storeDown, lags } of script) {
          now += wait;
          if (!lags) roll.lag(false);
          if (!storeDown || now - held.readAt >= 3_600) {
            const seen = await roll.deps().regions.get('us-east-1')?.read(NAME);
            held = { versions: parseVersionedKeys(seen ?? '').map(({ version }) => version), readAt: now };
          }
          tokens.push({ version: roll.mints(), exp: now + LIFETIME });
          for (const { version } of tokens.filter(({ exp }) => exp > now)) expect(held.versions).toContain(version);
          if (lags) roll.lag(true);
          await roll.step(wait);
        }
      }),
    );
  });
});

describe('the signing master', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const roll = fc.record({ phase: fc.constantFrom(...ROLL_PHASES), since: fc.nat() });

  test('is read as it was written, and verifiers read all its versions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1e6 }), key, key, fc.option(roll, { nil: undefined }), (...given) => {
        const [version, newest, previous, state] = given;
        const master: SigningMaster = {
          keys: [
            { version, key: Buffer.from(newest) },
            { version: version - 1, key: Buffer.from(previous) },
          ],
          roll: state,
        };
        const text = formatSigningMaster(master);

        expect(parseSigningMaster(text)).toEqual(master);
        expect(parseVersionedKeys(text)).toEqual(master.keys);
        const mintsNewest = state === undefined || state.phase === 'minting';
        expect(mintingOrder(master)[0].version).toBe(mintsNewest ? version : version - 1);
      }),
    );
  });

  test.each([
    ['an unknown phase', { phase: 'done', since: 1 }],
    ['no time', { phase: 'staged' }],
    ['a time that is none', { phase: 'staged', since: -1 }],
    ['null', null],
    ['text', 'staged'],
  ])('with a roll of %s is refused, and nothing of it is told', (_what, wrong) => {
    const previous = { version: 1, key: 'k'.repeat(43) };
    const text = JSON.stringify({ version: 2, key: 'K'.repeat(43), previous, roll: wrong });

    expect(() => parseSigningMaster(text)).toThrow(/unusable: `roll` is not/);
    expect(() => parseSigningMaster(text)).not.toThrow(/kkk|KKK/);
  });

  test('with a roll but no version before is refused', () => {
    const text = JSON.stringify({ version: 2, key: 'K'.repeat(43), roll: { phase: 'staged', since: 1 } });

    expect(() => parseSigningMaster(text)).toThrow('without `previous`');
  });
});

describe('in Secrets Manager', () => {
  let stub: AwsStub;
  let store: VersionedSecretStore;
  const bodies = (): readonly unknown[] => stub.requests.map(({ body }) => JSON.parse(String(body)));

  beforeEach(async () => {
    stub = await startAwsStub();
    store = createSecretsManagerVersions(new SecretsManagerClient(stub.options));
  });
  afterEach(() => stub.close());

  test('a secret is read with its version', async () => {
    stub.answer(json({ SecretString: 'text', VersionId: 'v1' }));

    expect(await store.readVersion(NAME)).toEqual({ text: 'text', version: 'v1' });
  });

  test('a write is put aside first, and becomes current only in the place of what was read', async () => {
    stub.answer(json({ VersionId: 'v2' }), json({}));

    await store.write(NAME, 'canary', 'v1');

    expect(bodies()).toEqual([
      expect.objectContaining({ SecretId: NAME, SecretString: 'canary', VersionStages: ['EDGEHOUSE_WRITTEN'] }),
      { SecretId: NAME, VersionStage: 'AWSCURRENT', RemoveFromVersionId: 'v1', MoveToVersionId: 'v2' },
    ]);
  });

  test.each([
    ['somebody else wrote', [json({ VersionId: 'v2' }), jsonError(400, 'InvalidParameterException')], 'SECRET_CHANGED'],
    ['it may not be written', [jsonError(400, 'AccessDeniedException')], 'SECRET_UNWRITABLE'],
    [
      'its label may not be moved',
      [json({ VersionId: 'v2' }), jsonError(400, 'AccessDeniedException')],
      'SECRET_UNWRITABLE',
    ],
  ])('a write fails where %s, without the value in its words', async (_what, answers, code) => {
    stub.answer(...answers);

    const failure = await store.write(NAME, 'canary', 'v1').catch((error: unknown) => error);

    expect(failure).toMatchObject({ code, retryable: true });
    expect(String(failure)).toContain(NAME);
    expect(String(failure)).not.toContain('canary');
  });

  test('a secret without text is an error', async () => {
    stub.answer(json({ SecretBinary: 'Y2FuYXJ5', VersionId: 'v1' }));

    await expect(store.readVersion(NAME)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });
});
