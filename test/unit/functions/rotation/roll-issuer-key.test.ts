import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  nextIssuerKeyStep,
  planIssuerKeyRoll,
  rollIssuerKey,
  SIGN_AFTER_SECONDS,
  withdrawIssuerKey,
} from '../../../../functions/rotation/roll-issuer-key.ts';
import { retireAfterSeconds } from '../../../../functions/rotation/roll-waits.ts';
import type { VersionedSecretStore } from '../../../../functions/rotation/versioned-secret-store.ts';
import { ISSUER_KEY_NAMES, ISSUER_KEY_PHASES, publishedKeys } from '../../../../functions/shared/issuer-keys.ts';
import { LIFETIME, rollRig, START } from './issuer-key-rig.ts';

describe('a roll of the issuer’s key', () => {
  test('publishes, then signs, then retires, and waits before each for whoever knows less', async () => {
    const roll = rollRig();
    const seen = async (afterSeconds: number) => {
      const { kind } = await roll.step(afterSeconds);
      return [kind, roll.active(), roll.published()];
    };

    expect(await seen(0)).toEqual(['publish', 'a', 'a,b']);
    expect(await seen(SIGN_AFTER_SECONDS - 1)).toEqual(['wait', 'a', 'a,b']);
    expect(await seen(1)).toEqual(['sign', 'b', 'b,a']);
    expect(await seen(retireAfterSeconds(LIFETIME) - 1)).toEqual(['wait', 'b', 'b,a']);
    expect(await seen(1)).toEqual(['retire', 'b', 'b']);
    expect(roll.world.text).toBe('{"active":"b"}');
    // And back again, a key after the other.
    expect(await seen(0)).toEqual(['publish', 'b', 'b,a']);
  });

  test('says until when it waits', async () => {
    const roll = rollRig();
    await roll.step();

    expect(await roll.step(60)).toEqual({ kind: 'wait', before: 'sign', until: START + SIGN_AFTER_SECONDS });
    await roll.step(SIGN_AFTER_SECONDS);
    const until = roll.world.now + retireAfterSeconds(LIFETIME);
    expect(await roll.step(60)).toEqual({ kind: 'wait', before: 'retire', until });
  });

  test('does not sign with a key that the issuer does not show, however long ago it was published', async () => {
    const roll = rollRig();
    await roll.step();

    const blocked = { kind: 'blocked', shown: 1, expected: 2 };
    expect(await roll.step(5, { countShownKeys: async () => 1 })).toEqual(blocked);
    expect(await roll.step(86_400, { countShownKeys: async () => 1 })).toEqual(blocked);
    expect(await roll.step(0, { countShownKeys: async () => 2 })).toMatchObject({ kind: 'sign' });
  });

  test('does nothing where nobody knows what the issuer shows', async () => {
    const roll = rollRig();
    await roll.step();
    const before = roll.world.text;
    const countShownKeys = async () => {
      throw new TypeError('fetch failed');
    };

    await expect(roll.step(86_400, { countShownKeys })).rejects.toThrow('fetch failed');
    expect(roll.world.text).toBe(before);
  });

  test('is only looked at, and nothing is written, by whoever asks what comes next', async () => {
    const roll = rollRig();
    const before = roll.world.text;

    expect(await nextIssuerKeyStep(roll.deps())).toMatchObject({ kind: 'publish' });
    expect(roll.world.text).toBe(before);
  });

  test('writes nothing where somebody else wrote meanwhile', async () => {
    const roll = rollRig();
    const { store } = roll.deps();
    const slow: VersionedSecretStore = {
      ...store,
      readVersion: async (name) => {
        const read = await store.readVersion(name);
        await roll.step();
        return read;
      },
    };

    await expect(rollIssuerKey({ ...roll.deps(), store: slow })).rejects.toMatchObject({ code: 'SECRET_CHANGED' });
    expect(roll.published()).toBe('a,b');
  });

  test('goes one step at a time and keeps one key active, from any note at any time', () => {
    const since = fc.nat({ max: START });
    fc.assert(
      fc.property(
        fc.constantFrom(...ISSUER_KEY_NAMES),
        fc.option(fc.record({ phase: fc.constantFrom(...ISSUER_KEY_PHASES), since }), { nil: undefined }),
        fc.nat({ max: 2 * START }),
        (active, roll, now) => {
          const keys = { active, roll };
          const step = planIssuerKeyRoll(keys, { now, tokenLifetimeSeconds: LIFETIME, shown: undefined });
          if (!('next' in step)) return;
          const before = new Set(publishedKeys(keys));
          const after = publishedKeys(step.next);
          // A key that signs was published before it, and a key that was published before it signs or retires stays in force.
          expect(before.has(step.next.active)).toBe(true);
          expect(step.next.active === active).toBe(step.kind !== 'sign');
          expect(after.includes(active)).toBe(true);
          if (roll !== undefined) expect(now - roll.since).toBeGreaterThanOrEqual(LIFETIME);
        },
      ),
    );
  });
});

describe('a key that is taken back', () => {
  test.each([
    ['before it has signed', '{"active":"a","roll":{"phase":"published","since":1}}', 'b', 'a'],
    ['after it took over', '{"active":"b","roll":{"phase":"signing","since":1}}', 'b', 'a'],
    ['while its last tokens live', '{"active":"b","roll":{"phase":"signing","since":1}}', 'a', 'b'],
    ['without a roll', '{"active":"a"}', 'a', 'b'],
  ] as const)('%s leaves the other one, alone and at once', async (_when, text, name, other) => {
    const roll = rollRig();
    roll.world.text = text;

    expect(await withdrawIssuerKey(name, roll.deps())).toEqual({ active: other, roll: undefined });
    expect(roll.world.text).toBe(`{"active":"${other}"}`);
  });

  test('writes over nothing that it cannot read', async () => {
    const roll = rollRig();
    roll.world.text = 'not ours';

    await expect(withdrawIssuerKey('a', roll.deps())).rejects.toMatchObject({ code: 'ISSUER_KEYS_INVALID' });
    expect(roll.world.text).toBe('not ours');
  });
});
