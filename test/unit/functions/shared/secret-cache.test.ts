import { describe, expect, test } from '@jest/globals';
import { cachedSecret } from '../../../../functions/shared/secret-cache.ts';
import { type SecretStore, SecretUnavailableError } from '../../../../functions/shared/secret-store.ts';

describe('cached secret', () => {
  test('is read once and kept for its time to live, then read anew', async () => {
    const { store, reads } = countingStore();
    let now = 1_000_000;
    const secret = cachedSecret(store, 'a', Number, () => now, 500);

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
    const secret = cachedSecret(store, 'a', Number, () => now);

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
    await expect(old).rejects.toThrow(SecretUnavailableError);
    const value = await secret.get();

    expect([value, reads]).toEqual(['new', 2]);
  });
});

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
