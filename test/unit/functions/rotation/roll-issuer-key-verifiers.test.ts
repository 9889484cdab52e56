import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeySetCache } from '../../../../functions/authorizer/key-set.ts';
import { DOCUMENT_CACHE_SECONDS } from '../../../../functions/issuer/answer-discovery.ts';
import {
  MOST_KEY_SET_AGE_SECONDS,
  nextIssuerKeyStep,
  SIGN_AFTER_SECONDS,
} from '../../../../functions/rotation/roll-issuer-key.ts';
import { type IssuerKeyName, parseIssuerKeys, publishedKeys } from '../../../../functions/shared/issuer-keys.ts';
import { cachedSecret, MOST_SECRET_AGE_MS } from '../../../../functions/shared/secret-cache.ts';
import { SecretUnavailableError } from '../../../../functions/shared/secret-store.ts';
import { keySetOf, rsaKey } from '../authorizer/sign-token.ts';
import { LIFETIME, rollRig, START } from './issuer-key-rig.ts';

/** A key set, and when it was fetched. */
interface Fetched {
  readonly keys: readonly IssuerKeyName[];
  readonly at: number;
}

interface Moment {
  /** Seconds since the moment before. */
  readonly wait: number;
  readonly operator: 'steps' | 'steps twice' | 'dies before the write' | 'is away';
  /** The issuer cannot read the note. */
  readonly storeDown: boolean;
  /** The issuer answers nobody. */
  readonly issuerDown: boolean;
  /** Verifiers reach nobody. */
  readonly verifiersCut: boolean;
  /** They reach the cache and not the issuer, as long as the cache may answer. */
  readonly cacheServes: boolean;
}

/** Seconds by which clocks are ahead. */
interface Skews {
  readonly minter: number;
  readonly operators: readonly [number, number];
  readonly verifiers: readonly number[];
}

/** Verifiers fetch a key set that is older, where they can; and then keep it as long as they may. */
const FRESH_SECONDS = 600;
const TOLERANCE_SECONDS = 30;
/** A refresh that was under way when the note was written mints so much later: Lambda runs it no longer. */
const LONGEST_CALL_SECONDS = 900;

/**
 * Verifiers that never ask for a `kid` that they do not know, behind a cache, behind an issuer: each reads on when it can, and holds
 * what it has as long as it may when it cannot. One that holds nothing cannot decide (500), and refuses nobody.
 */
function startWorld({ minter, operators, verifiers }: Skews, freshSeconds = FRESH_SECONDS) {
  const roll = rollRig();
  let now = START;
  let storeDown = false;
  const store = {
    read: async (name: string) => {
      if (storeDown) throw new SecretUnavailableError(name);
      return roll.world.text;
    },
  };
  const note = cachedSecret(store, 'edgehouse/issuer-keys', parseIssuerKeys, () => now * 1000);
  let cached: Fetched | undefined;
  const held: (Fetched | undefined)[] = verifiers.map(() => undefined);
  const tokens: { readonly key: IssuerKeyName; readonly exp: number }[] = [];

  async function fetchKeySet({ issuerDown, cacheServes }: Moment): Promise<readonly IssuerKeyName[] | undefined> {
    if (cacheServes && cached !== undefined && now - cached.at <= DOCUMENT_CACHE_SECONDS) return cached.keys;
    if (issuerDown) return undefined;
    const keys = await note.get().then(publishedKeys, () => undefined);
    if (keys !== undefined) cached = { keys, at: now };
    return keys;
  }

  /** Tokens that are alive by a verifier's clock and whose key it does not know. */
  function refused(): number {
    let count = 0;
    for (const [index, fetched] of held.entries()) {
      const clock = now + (verifiers[index] ?? 0);
      const alive = tokens.filter(({ exp }) => clock < exp + TOLERANCE_SECONDS);
      count += alive.filter(({ key }) => fetched !== undefined && !fetched.keys.includes(key)).length;
    }
    return count;
  }

  return {
    roll,
    /** @returns how many refusals there were */
    async live(moment: Moment): Promise<number> {
      now += moment.wait;
      storeDown = moment.storeDown;
      // Others fill the cache, too.
      await fetchKeySet(moment);
      for (const [index, one] of held.entries()) {
        const age = now - (one?.at ?? Number.NEGATIVE_INFINITY);
        if (age <= freshSeconds) continue;
        const keys = moment.verifiersCut ? undefined : await fetchKeySet(moment);
        if (keys !== undefined) held[index] = { keys, at: now };
        else if (age > MOST_KEY_SET_AGE_SECONDS) held[index] = undefined;
      }
      const active = roll.active();
      tokens.push({ key: active, exp: now + minter + LIFETIME });
      const refusals = refused();
      // Two operators take turns.
      roll.world.now = now + operators[moment.wait % 2 === 0 ? 0 : 1];
      if (moment.operator === 'dies before the write') await nextIssuerKeyStep(roll.deps());
      if (moment.operator.startsWith('steps')) await roll.step();
      if (moment.operator === 'steps twice') await roll.step();
      tokens.push({ key: active, exp: now + LONGEST_CALL_SECONDS + minter + LIFETIME });
      return refusals;
    },
  };
}

describe('whenever a step of the roll is taken, killed or repeated,', () => {
  const skew = fc.integer({ min: -60, max: 60 });
  const skews = fc.record({
    minter: skew,
    operators: fc.tuple(skew, skew),
    verifiers: fc.array(skew, { minLength: 3, maxLength: 3 }),
  });
  const moment: fc.Arbitrary<Moment> = fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: 0, max: 9_000 })),
    operator: fc.constantFrom('steps', 'steps', 'is away', 'is away', 'steps twice', 'dies before the write'),
    storeDown: fc.boolean(),
    issuerDown: fc.boolean(),
    verifiersCut: fc.boolean(),
    cacheServes: fc.boolean(),
  });
  const moments = fc.array(moment, { minLength: 30, maxLength: 80, size: 'max' });

  test('every verifier knows the key of every token that is alive, whatever it and the issuer missed', async () => {
    const written = { signing: 0, retired: 0 };
    await fc.assert(
      fc.asyncProperty(skews, moments, async (clocks, script) => {
        const { live, roll } = startWorld(clocks);
        for (const one of script) {
          const before = roll.world.text;
          expect(await live(one)).toBe(0);
          if (roll.world.text === before) continue;
          if (roll.world.text.includes('signing')) written.signing++;
          if (!roll.world.text.includes('roll')) written.retired++;
        }
      }),
      { numRuns: 150 },
    );

    // The promise would be empty where nothing rolls.
    expect(written.signing).toBeGreaterThan(100);
    expect(written.retired).toBeGreaterThan(100);
  });

  test('a verifier that knows as little as can be is refusing nobody, and would, had the wait been shorter by its margin', async () => {
    const cut: Moment = {
      wait: 0,
      operator: 'is away',
      storeDown: true,
      issuerDown: true,
      verifiersCut: true,
      cacheServes: false,
    };
    const { live, roll } = startWorld({ minter: 0, operators: [0, 0], verifiers: [0] });
    // The issuer reads the note just before it is written, and not again.
    await live({ ...cut, storeDown: false, issuerDown: false, operator: 'steps' });
    expect(roll.published()).toBe('a,b');
    const holds = MOST_SECRET_AGE_MS / 1000 - 1;
    // A cache asks the issuer at its last moment, and a verifier the cache at its last one; then nobody answers any more.
    await live({ ...cut, wait: holds, issuerDown: false });
    await live({ ...cut, wait: DOCUMENT_CACHE_SECONDS, verifiersCut: false, cacheServes: true });
    await live({ ...cut, wait: MOST_KEY_SET_AGE_SECONDS });
    const passed = holds + DOCUMENT_CACHE_SECONDS + MOST_KEY_SET_AGE_SECONDS;
    roll.world.text = '{"active":"b","roll":{"phase":"signing","since":1}}';

    expect(await live(cut)).toBe(1);
    // One operator's clock is a minute behind, the other's a minute ahead.
    expect(passed + 2 * 60).toBeLessThan(SIGN_AFTER_SECONDS);
    expect(SIGN_AFTER_SECONDS - passed).toBeLessThan(10 * 60);
  });

  test('the last token of the old key is over before its key goes, where every clock is wrong by a minute', async () => {
    const calm: Moment = {
      wait: 0,
      operator: 'steps',
      storeDown: false,
      issuerDown: false,
      verifiersCut: false,
      cacheServes: false,
    };
    const { live, roll } = startWorld({ minter: 60, operators: [-60, 60], verifiers: [-60] }, 0);
    await live(calm);
    await live({ ...calm, wait: 2 * SIGN_AFTER_SECONDS });
    expect(roll.active()).toBe('b');
    // By the other operator's clock it is due two minutes early. The verifier asks anew each time.
    const refusals: number[] = [];
    while (roll.published() !== 'b') refusals.push(await live({ ...calm, wait: 61 }));
    for (let minute = 0; minute < 30; minute++) refusals.push(await live({ ...calm, wait: 61, operator: 'is away' }));

    expect(refusals.filter((count) => count > 0)).toEqual([]);
  });

  test('our own verifiers hold a key set no longer than the roll counts on', async () => {
    let now = START * 1000;
    let fetches = 0;
    const keySets = createKeySetCache({
      fetch: async () => {
        if (fetches++ > 0) throw new TypeError('fetch failed');
        return Response.json(keySetOf(rsaKey('a')));
      },
      clock: () => now,
      onFailure: () => undefined,
      onStale: () => undefined,
    });
    const keySet = () => keySets('https://issuer.example/.well-known/jwks.json', 'a');
    await keySet();

    now += MOST_KEY_SET_AGE_SECONDS * 1000 - 1;
    expect((await keySet()).keys).toHaveLength(1);
    now += 1;
    await expect(keySet()).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
  });
});
