import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeySetCache, type StaleKeySet } from '../../../../functions/authorizer/key-set.ts';

const URL = 'https://issuer.example/jwks.json';
const MINUTE = 60_000;

/** @param random of the jitter: 0 is the longest age and the shortest cooldown, 1 the other way round */
function start(kids: readonly string[], random = 0) {
  const state = { now: 0, fetches: 0, failures: 0, stale: [] as StaleKeySet[], down: false, kids };
  const keySet = createKeySetCache({
    fetch: async () => {
      state.fetches++;
      if (state.down) throw new TypeError('fetch failed');
      return Response.json({ keys: state.kids.map((kid) => ({ kty: 'RSA', kid })) });
    },
    clock: () => state.now,
    random: () => random,
    onFailure: () => {
      state.failures++;
    },
    onStale: (stale) => state.stale.push(stale),
  });
  const kidsFor = async (kid: string) => (await keySet(URL, kid)).keys.map((key) => key.kid);
  return { state, kidsFor };
}

describe('key set cache', () => {
  test.each([
    [0, 30_000],
    [1, 40_000],
  ])(
    'while the endpoint is down and nothing is known, 1,000 callers make one fetch a cooldown (jitter %d)',
    async (random, cooldown) => {
      const { state, kidsFor } = start(['a'], random);
      state.down = true;
      for (const now of [0, 10_000, cooldown - 1]) {
        state.now = now;
        const calls = await Promise.allSettled(Array.from({ length: 1_000 }, () => kidsFor('a')));
        expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
      }
      expect([state.fetches, state.failures]).toEqual([1, 1]);
      state.now = cooldown;
      await expect(kidsFor('a')).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
      expect(state.fetches).toBe(2);
    },
  );

  test('1,000 callers at once who know nothing yet make one fetch', async () => {
    const { state, kidsFor } = start(['a']);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => kidsFor('a')));
    expect(answers.every(([kid]) => kid === 'a')).toBe(true);
    expect(state.fetches).toBe(1);
  });

  test('a flood of unknown kids makes no flood of fetches', async () => {
    const { state, kidsFor } = start(['a']);
    for (state.now = 0; state.now < MINUTE; state.now += 1_000) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => kidsFor(`forged-${state.now}-${index}`)));
    }
    expect(state.fetches).toBe(2);
  });

  test('a flood of unknown kids while the endpoint is down neither fetches much nor stops known keys', async () => {
    const { state, kidsFor } = start(['a']);
    await kidsFor('a');
    state.down = true;
    for (state.now = 30_000; state.now < 90_000; state.now += 1_000) {
      await Promise.allSettled(Array.from({ length: 50 }, () => kidsFor('forged')));
      expect(await kidsFor('a')).toEqual(['a']);
    }
    expect(state.fetches).toBe(3);
    expect(state.stale).toEqual([]);
  });

  test('an unknown kid is denied while the endpoint answers, and undecided while it does not', async () => {
    const { state, kidsFor } = start(['a']);
    await kidsFor('a');
    expect(await kidsFor('new')).toEqual(['a']);
    state.down = true;
    state.now = 30_000;
    await expect(kidsFor('new')).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
  });

  test.each([
    [0, 10 * MINUTE],
    [1, 9 * MINUTE],
  ])('a withdrawn key is gone after ten minutes, where the endpoint answers (jitter %d)', async (random, age) => {
    const { state, kidsFor } = start(['a', 'b'], random);
    await kidsFor('a');
    state.kids = ['b'];
    state.now = age - 1;
    expect(await kidsFor('a')).toEqual(['a', 'b']);
    state.now = age;
    expect(await kidsFor('a')).toEqual(['b']);
  });

  test('in an outage the last keys serve for an hour, each failure is told, and no longer', async () => {
    const { state, kidsFor } = start(['a']);
    await kidsFor('a');
    state.down = true;
    for (state.now = 10 * MINUTE; state.now < 60 * MINUTE; state.now += 10_000) {
      expect(await kidsFor('a')).toEqual(['a']);
    }
    expect(state.stale.length).toBe(100);
    expect([state.fetches, state.failures]).toEqual([101, 100]);
    expect(state.stale[0]).toEqual({ url: URL, ageMs: 10 * MINUTE });
    state.now = 60 * MINUTE;
    await expect(kidsFor('a')).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
    expect(state.stale.length).toBe(100);
    state.down = false;
    state.now += 30_000;
    expect(await kidsFor('a')).toEqual(['a']);
  });

  test('a new key is found half a minute after the last fetch', async () => {
    const { state, kidsFor } = start(['a']);
    await kidsFor('a');
    state.kids = ['a', 'b'];
    state.now = 29_999;
    expect(await kidsFor('b')).toEqual(['a']);
    state.now = 30_000;
    expect(await kidsFor('b')).toEqual(['a', 'b']);
  });

  test('whatever happens, there is at most one fetch a cooldown, no key older than an hour, and none that was never there', async () => {
    const event = fc.record({
      pause: fc.nat(15 * MINUTE),
      down: fc.boolean(),
      kids: fc.subarray(['a', 'b', 'c']),
      asked: fc.array(fc.constantFrom('a', 'b', 'c', 'never'), { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (events, random) => {
          const { state, kidsFor } = start([], random);
          let lastGoodAt = Number.NEGATIVE_INFINITY;
          let fetchedAt = Number.NEGATIVE_INFINITY;
          for (const { pause, down, kids, asked } of events) {
            state.now += pause;
            Object.assign(state, { down, kids });
            const before = state.fetches;
            const answers = await Promise.allSettled(asked.map(kidsFor));
            const fetched = state.fetches - before;
            expect(fetched).toBeLessThanOrEqual(1);
            if (fetched === 1) {
              expect(state.now - fetchedAt).toBeGreaterThanOrEqual(30_000);
              fetchedAt = state.now;
              if (!down) lastGoodAt = state.now;
              // Nothing is withheld that was just had.
              if (!down) expect(answers.every(({ status }) => status === 'fulfilled')).toBe(true);
            }
            for (const answer of answers) {
              if (answer.status === 'fulfilled') expect(state.now - lastGoodAt).toBeLessThan(60 * MINUTE);
              if (answer.status === 'fulfilled') expect(answer.value).not.toContain('never');
            }
          }
        },
      ),
    );
  });
});
