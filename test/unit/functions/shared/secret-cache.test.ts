import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cachedSecret, MOST_SECRET_AGE_MS, type StaleSecret } from '../../../../functions/shared/secret-cache.ts';
import { type SecretStore, SecretUnavailableError } from '../../../../functions/shared/secret-store.ts';

describe('cached secret', () => {
  test('is read once and kept for its time to live, then read anew', async () => {
    const { store, reads } = countingStore();
    let now = 1_000_000;
    const secret = cachedSecret(store, 'a', Number, () => now, { ttlMs: 500, random: () => 0 });

    const first = await secret.get();
    now += 499;
    const kept = await secret.get();
    now += 1;
    const renewed = await secret.get();

    expect([first, kept, renewed]).toEqual([1, 1, 2]);
    expect(reads).toEqual(['a', 'a']);
  });

  test('lives for a minute unless told otherwise', async () => {
    const { store, reads } = countingStore();
    let now = 0;
    const secret = cachedSecret(store, 'a', Number, () => now, { random: () => 0 });

    await secret.get();
    now = 59_999;
    await secret.get();
    const readsBefore = reads.length;
    now = 60_000;
    await secret.get();

    expect([readsBefore, reads.length]).toEqual([1, 2]);
  });

  test('is read and parsed once for callers that ask at the same time', async () => {
    const { store, reads } = countingStore();
    let parsed = 0;
    const secret = cachedSecret(
      store,
      'a',
      () => ++parsed,
      () => 0,
    );

    const values = await Promise.all([secret.get(), secret.get(), secret.get()]);

    expect(values).toEqual([1, 1, 1]);
    expect([reads.length, parsed]).toEqual([1, 1]);
  });

  test('is read anew after it was declared expired', async () => {
    const { store } = countingStore();
    const secret = cachedSecret(store, 'a', Number, () => 0);

    await secret.get();
    secret.expire();
    const value = await secret.get();

    expect(value).toBe(2);
  });

  test('is read anew once for all callers whose credential was refused, however late they notice', async () => {
    const { store, reads } = countingStore();
    const secret = cachedSecret(store, 'a', Number, () => 0);
    const refused = await secret.get();

    const values = [];
    for (let caller = 0; caller < 3; caller++) {
      secret.expire(refused);
      values.push(secret.get());
    }
    await Promise.all(values);
    secret.expire(refused);
    values.push(secret.get());

    expect(await Promise.all(values)).toEqual([2, 2, 2, 2]);
    expect(reads).toHaveLength(2);
  });

  test('does not remember that the store failed', async () => {
    const { store } = countingStore(1);
    const secret = cachedSecret(store, 'a', Number, () => 0);

    const failed = secret.get();
    await expect(failed).rejects.toThrow(SecretUnavailableError);
    const value = await secret.get();

    expect(value).toBe(2);
  });

  test('does not remember that parsing failed', async () => {
    const { store } = countingStore();
    const parse = (text: string) => {
      if (text === '1') throw new RangeError('unusable');
      return text;
    };
    const secret = cachedSecret(store, 'a', parse, () => 0);

    const failed = secret.get();
    await expect(failed).rejects.toThrow(RangeError);
    const value = await secret.get();

    expect(value).toBe('2');
  });

  test('a late failure does not discard the newer value', async () => {
    const answers = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let reads = 0;
    const store: SecretStore = { read: async (name) => answers[reads++]?.promise ?? name };
    const secret = cachedSecret(store, 'a', String, () => 0);

    const old = secret.get();
    secret.expire();
    const newer = secret.get();
    answers[1]?.resolve('new');
    await newer;
    answers[0]?.reject(new SecretUnavailableError('a'));
    const late = await old;
    const value = await secret.get();

    expect([late, value, reads]).toEqual(['new', 'new', 2]);
  });
});

describe('while the store is down, a cached secret', () => {
  test('serves the last good value, says so once for each read that failed, and leaves the store alone for 10 s', async () => {
    const { secret, at, reads, stale } = failing();

    const values = [await at(60_000), await at(69_999), await at(70_000)];

    expect(values).toEqual(['good', 'good', 'good']);
    expect(reads()).toBe(3);
    expect(stale.map(({ name, ageMs }) => [name, ageMs])).toEqual([
      ['a', 60_000],
      ['a', 70_000],
    ]);
    expect(stale[0]?.cause).toBeInstanceOf(SecretUnavailableError);
    expect(await secret.get()).toBe('good');
  });

  test('serves for an hour and not a millisecond longer', async () => {
    const { at } = failing();

    expect(await at(MOST_SECRET_AGE_MS - 1)).toBe('good');
    await expect(at(MOST_SECRET_AGE_MS)).rejects.toThrow(SecretUnavailableError);
  });

  test('takes the new value within 10 s of its return', async () => {
    const { at, repair } = failing();

    await at(60_000);
    repair('better');
    const values = [await at(69_999), await at(70_000)];

    expect(values).toEqual(['good', 'better']);
  });

  test('serves on after it was declared expired, because another may still be good for other work', async () => {
    const { secret, stale } = failing();

    secret.expire();
    const values = await Promise.all([secret.get(), secret.get()]);

    expect(values).toEqual(['good', 'good']);
    expect(stale).toHaveLength(1);
  });

  test('leaves the store alone for 10 s even where each credential that it serves is refused', async () => {
    const { secret, at, reads } = failing();

    await at(60_000);
    for (let batch = 0; batch < 3; batch++) {
      secret.expire('good');
      await at(69_999);
    }
    const before = reads();
    await at(70_000);

    expect([before, reads()]).toEqual([2, 3]);
  });

  test('serves on where what was written cannot be parsed', async () => {
    const { at, repair, stale } = failing();

    repair('broken');

    expect(await at(60_000)).toBe('good');
    expect(stale[0]?.cause).toBeInstanceOf(RangeError);
  });
});

test('containers that start together do not read together again', async () => {
  const readAgainAt = async (random: number) => {
    const { store, reads } = countingStore();
    let now = 0;
    const secret = cachedSecret(store, 'a', Number, () => now, { random: () => random });
    while (reads.length < 2) {
      await secret.get();
      now += 1_000;
    }
    return now - 1_000;
  };

  expect([await readAgainAt(0), await readAgainAt(0.5), await readAgainAt(1)]).toEqual([60_000, 57_000, 54_000]);
});

test('whatever fails and whenever it is asked, a secret older than an hour is never given out', async () => {
  const steps = fc.array(
    fc.record({
      wait: fc.nat(30 * 60_000),
      down: fc.boolean(),
      expire: fc.boolean(),
      ask: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.double({ min: 0, max: 1, noNaN: true }), async (script, random) => {
      let now = 0;
      let down = false;
      const store: SecretStore = {
        read: async (name) => {
          if (down) throw new SecretUnavailableError(name);
          return String(now);
        },
      };
      const secret = cachedSecret(store, 'a', Number, () => now, { random: () => random });
      for (const step of script) {
        now += step.wait;
        down = step.down;
        if (step.expire) secret.expire();
        const asked = Array.from({ length: step.ask }, () => secret.get().catch(() => undefined));
        for (const readAt of await Promise.all(asked)) {
          if (readAt !== undefined) expect(now - readAt).toBeLessThan(MOST_SECRET_AGE_MS);
          if (!down) expect(readAt).toBeDefined();
        }
      }
    }),
  );
});

/** A secret that was read at 0; since then the store fails. */
function failing() {
  let now = 0;
  let reads = 0;
  let answer: string | undefined = 'good';
  const stale: StaleSecret[] = [];
  const store: SecretStore = {
    read: async (name) => {
      reads++;
      if (answer === undefined) throw new SecretUnavailableError(name);
      return answer;
    },
  };
  const parse = (text: string) => {
    if (text === 'broken') throw new RangeError('unusable');
    return text;
  };
  const secret = cachedSecret(store, 'a', parse, () => now, { random: () => 0, onStale: (one) => stale.push(one) });
  const first = secret.get().then(() => {
    answer = undefined;
  });
  return {
    secret: { get: () => first.then(() => secret.get()), expire: (refused?: string) => secret.expire(refused) },
    at: async (time: number) => {
      await first;
      now = time;
      return secret.get();
    },
    repair: (text: string) =>
      void first.then(() => {
        answer = text;
      }),
    reads: () => reads,
    stale,
  };
}

/** Answers 1, 2, 3 …; the first `failures` reads fail. */
function countingStore(failures = 0) {
  const reads: string[] = [];
  const store: SecretStore = {
    read: async (name) => {
      reads.push(name);
      if (reads.length <= failures) throw new SecretUnavailableError(name);
      return String(reads.length);
    },
  };
  return { store, reads };
}
