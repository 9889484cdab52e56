import { describe, expect, test } from '@jest/globals';
import { type BatchStore, StoreError } from '../../../../functions/ingest/batch-store.ts';
import { createContractCache } from '../../../../functions/ingest/contract-cache.ts';
import { TABLE } from './stream-contract.ts';

const SIGNAL = new AbortController().signal;

function start() {
  const state = { now: 0, asked: 0, down: false, table: TABLE };
  const store: Pick<BatchStore, 'describe'> = {
    describe: async () => {
      state.asked++;
      if (state.down) throw new StoreError('DESCRIBE', undefined);
      return state.table;
    },
  };
  const cache = createContractCache(store, () => state.now);
  return { state, get: () => cache.get('hits', SIGNAL), expire: () => cache.expire('hits') };
}

describe('contract cache', () => {
  test('many batches at once ask once', async () => {
    const { state, get } = start();
    await Promise.all(Array.from({ length: 100 }, get));
    expect(state.asked).toBe(1);
  });

  test('asks again after a minute, and a changed table changes the verdict', async () => {
    const { state, get } = start();
    const before = await get();
    state.table = [...TABLE, { name: 'more', type: 'String', defaultKind: '' }];
    state.now = 59_999;
    expect(await get()).toBe(before);
    state.now = 60_000;
    expect((await get()).hash).not.toBe(before.hash);
  });

  test('keeps the last contract while ClickHouse is away, and asks every 5 s only', async () => {
    const { state, get } = start();
    const before = await get();
    state.down = true;
    for (state.now = 60_000; state.now < 90_000; state.now += 100) expect(await get()).toBe(before);
    expect(state.asked).toBe(1 + 6);
  });

  test('asks at once where the table turned out to be another, and keeps what it has where nobody answers', async () => {
    const { state, get, expire } = start();
    expire();
    const before = await get();
    state.table = [...TABLE, { name: 'more', type: 'String', defaultKind: '' }];
    expire();
    const after = await get();
    state.down = true;
    expire();
    expect([state.asked, after.hash === before.hash, await get()]).toEqual([2, false, after]);
  });

  test('a table that cannot be served is looked at every 5 s only, and served as soon as it can be', async () => {
    const { state, get } = start();
    state.table = [];
    for (; state.now < 10_000; state.now += 100)
      await expect(get()).rejects.toMatchObject({ code: 'CONTRACT_UNUSABLE' });
    state.table = TABLE;
    await expect(get()).resolves.toMatchObject({ table: 'hits' });
    expect(state.asked).toBe(2 + 1);
  });

  test('without any contract the failure is passed on, and the next batch asks again', async () => {
    const { state, get } = start();
    state.down = true;
    await expect(get()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    state.down = false;
    await expect(get()).resolves.toMatchObject({ table: 'hits' });
  });
});
