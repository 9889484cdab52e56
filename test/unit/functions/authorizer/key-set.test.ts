import { describe, expect, test } from '@jest/globals';
import { createKeySetCache } from '../../../../functions/authorizer/key-set.ts';

const URL = 'https://issuer.example/jwks.json';

function start(...kids: readonly string[]) {
  const state = { now: 0, fetches: 0, failures: 0, down: false, kids, body: undefined as string | undefined };
  const keySet = createKeySetCache({
    fetch: async () => {
      state.fetches++;
      if (state.down) throw new TypeError('fetch failed');
      return new Response(state.body ?? JSON.stringify({ keys: state.kids.map((kid) => ({ kty: 'RSA', kid })) }));
    },
    clock: () => state.now,
    onFailure: () => {
      state.failures++;
    },
  });
  const kidsFor = async (kid: string) => (await keySet(URL, kid)).keys.map((key) => key.kid);
  return { state, kidsFor };
}

describe('key set cache', () => {
  test('while the endpoint is down and nothing is known, 1,000 callers make one fetch a cooldown', async () => {
    const { state, kidsFor } = start('a');
    state.down = true;
    for (const now of [0, 10_000, 29_999]) {
      state.now = now;
      const calls = await Promise.allSettled(Array.from({ length: 1_000 }, () => kidsFor('a')));
      expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
    }
    expect([state.fetches, state.failures]).toEqual([1, 1]);
    state.now = 30_000;
    await expect(kidsFor('a')).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
    expect(state.fetches).toBe(2);
  });

  test('a flood of unknown kids makes no flood of fetches', async () => {
    const { state, kidsFor } = start('a');
    for (state.now = 0; state.now < 60_000; state.now += 1_000) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => kidsFor(`forged-${state.now}-${index}`)));
    }
    expect(state.fetches).toBe(2);
  });

  test('a flood of unknown kids while the endpoint is down neither fetches much nor stops known keys', async () => {
    const { state, kidsFor } = start('a');
    await kidsFor('a');
    state.down = true;
    for (state.now = 30_000; state.now < 90_000; state.now += 1_000) {
      await Promise.allSettled(Array.from({ length: 50 }, () => kidsFor('forged')));
      expect(await kidsFor('a')).toEqual(['a']);
    }
    expect(state.fetches).toBe(3);
  });

  test('a withdrawn key is gone after ten minutes, even when the endpoint is down then', async () => {
    const { state, kidsFor } = start('a', 'b');
    await kidsFor('a');
    state.kids = ['b'];
    state.now = 599_999;
    expect(await kidsFor('a')).toEqual(['a', 'b']);
    state.down = true;
    state.now = 600_000;
    await expect(kidsFor('a')).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
    state.down = false;
    state.now = 630_000;
    expect(await kidsFor('a')).toEqual(['b']);
  });

  test('a new key is found half a minute after the last fetch', async () => {
    const { state, kidsFor } = start('a');
    await kidsFor('a');
    state.kids = ['a', 'b'];
    state.now = 29_999;
    expect(await kidsFor('b')).toEqual(['a']);
    state.now = 30_000;
    expect(await kidsFor('b')).toEqual(['a', 'b']);
  });

  test.each(['', '[]', '{"keys":{}}', '{"keys":[1]}', '{"keys":[{}]}', `{"keys":[],"x":"${'x'.repeat(65_536)}"}`])(
    'an answer %.20j is no key set',
    async (body) => {
      const { state, kidsFor } = start('a');
      state.body = body;
      await expect(kidsFor('a')).rejects.toMatchObject({ code: 'KEY_SET_UNAVAILABLE' });
    },
  );
});
