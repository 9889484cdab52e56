import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import { createBreaker } from '../../../../functions/ingest/breaker.ts';
import { createContractCache } from '../../../../functions/ingest/contract-cache.ts';
import { createEarlierVerdicts } from '../../../../functions/ingest/earlier-verdicts.ts';
import { guardStore } from '../../../../functions/ingest/guard-store.ts';
import { patienceFor, storeOrSpool } from '../../../../functions/ingest/store-or-spool.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { recordingStore } from '../replay/recording-store.ts';
import { admittedBatch, SPOOL_KEYS } from '../replay/spooled-batch.ts';

/** One container in front of a ClickHouse that sleeps until the test wakes it, and answers nobody before. */
function container() {
  const state = { now: 0, asleep: true };
  const { store, handed } = recordingStore();
  let asked = 0;
  const answerTo = async <T>(signal: AbortSignal, answer: () => Promise<T>): Promise<T> => {
    asked++;
    if (!state.asleep) return answer();
    const { promise, reject } = Promise.withResolvers<T>();
    if (signal.aborted) throw new StoreError('Asking', undefined);
    signal.addEventListener('abort', () => reject(new StoreError('Asking', undefined)));
    return promise;
  };
  const sleeping = {
    describe: (table: string, signal: AbortSignal) => answerTo(signal, () => store.describe(table, signal)),
    insert: (insert: Parameters<typeof store.insert>[0]) => answerTo(insert.signal, () => store.insert(insert)),
  };
  const clock = () => state.now;
  const guarded = guardStore(sleeping, createBreaker(clock));
  const { objects, spool } = memoryBatchSpool();
  const spoolKeys = { get: async () => SPOOL_KEYS, expire: () => undefined };
  const deps = {
    store: guarded,
    earlier: createEarlierVerdicts({ spool, spoolKeys, clock }),
    contracts: createContractCache(guarded, clock),
    spool,
    spoolKeys,
  };
  return {
    state,
    handed,
    objects,
    asked: () => asked,
    send: (remaining = 15_000) =>
      storeOrSpool({ ...admittedBatch(), patienceMs: 50, remaining: () => remaining }, deps),
  };
}

describe('a ClickHouse that sleeps', () => {
  test('costs the container one patience, and the batches after the first are spooled without being asked for', async () => {
    const { send, asked } = container();

    const outcomes = [await send(), await send(), await send()];

    expect(outcomes.map(({ kind }) => kind)).toEqual(['spooled', 'spooled', 'spooled']);
    expect(asked()).toBe(1);
    expect(outcomes[1]).toMatchObject({ fault: { code: 'BREAKER_OPEN' } });
  });

  test('is asked by one batch after a pause, and when it has woken the next batches are stored', async () => {
    const { send, state, handed } = container();
    await send();
    state.asleep = false;

    const early = await send();
    state.now = 5_000;
    const later = await send();

    expect([early.kind, later.kind]).toEqual(['spooled', 'stored']);
    expect(handed.map(({ table }) => table)).toEqual(['quarantine', 'hits']);
  });

  test('that falls asleep later: the contract that the container knows still judges, and the spool gets the verdict', async () => {
    const { send, state, asked } = container();
    state.asleep = false;
    await send();
    state.asleep = true;
    state.now = 100_000;

    const [paying, next] = [await send(), await send()];

    expect([paying, next]).toMatchObject([
      { kind: 'spooled', verdict: { refused: [{ row: 1 }] } },
      { kind: 'spooled', verdict: { refused: [{ row: 1 }] } },
    ]);
    // The first batch: columns and two inserts. The second: columns, in vain.
    expect(asked()).toBe(4);
  });
});

describe('the time that a request has left', () => {
  test('is kept for the spool: with too little, ClickHouse is not asked at all, and the breaker learns nothing', async () => {
    const { send, asked, state, objects } = container();
    state.asleep = false;

    const late = await send(1_100);
    const next = await send();

    expect([late.kind, next.kind]).toEqual(['spooled', 'stored']);
    expect(objects.size).toBe(1);
    expect(asked()).toBe(3);
  });

  test('always leaves a second and the answer, and no batch waits longer than its patience', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: -1_000, max: 20_000, noNaN: true }), (patienceMs, remaining) => {
        const patience = patienceFor(patienceMs, remaining);
        expect(patience).toBeGreaterThanOrEqual(0);
        expect(patience).toBeLessThanOrEqual(patienceMs);
        if (patience > 0) expect(remaining - patience).toBeGreaterThanOrEqual(1_200);
      }),
    );
  });
});
