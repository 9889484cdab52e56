import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import { BreakerOpenError, createBreaker } from '../../../../functions/ingest/breaker.ts';

const SILENT = new StoreError('Storing', undefined);
const CUT = new StoreError('Storing', undefined, { without: 'disconnected' });
const fault = (code: number) => new StoreError('Storing', code);

/** A container whose clock a test moves, in front of a ClickHouse that does as it is told. */
function rig() {
  const state = { now: 0, asked: 0 };
  const breaker = createBreaker(() => state.now);
  async function ask(answer: StoreError | Error | 'well', table: string | null = 'hits'): Promise<string> {
    try {
      return await breaker.run(table ?? undefined, async () => {
        state.asked++;
        if (answer !== 'well') throw answer;
        return 'stored';
      });
    } catch (error) {
      return error instanceof BreakerOpenError ? 'not asked' : 'failed';
    }
  }
  return { state, ask, breaker };
}

describe('a breaker', () => {
  test.each([
    ['gives no answer', SILENT],
    ['is out of memory', fault(241)],
    ['has lost its keeper', fault(999)],
  ])('lets one batch pay when ClickHouse %s, and sends the next past it at once', async (_what, error) => {
    const { ask, state } = rig();

    const answers = [await ask(error), await ask('well'), await ask('well', 'other'), await ask('well', null)];

    expect(answers).toEqual(['failed', 'not asked', 'not asked', 'not asked']);
    expect(state.asked).toBe(1);
  });

  test.each([
    ['too many queries', fault(202)],
    ['a connection that is cut', CUT],
    ['an unknown outcome', fault(319)],
  ])('takes %s twice in a row before it opens', async (_what, error) => {
    const { ask } = rig();

    expect([await ask(error), await ask('well'), await ask(error), await ask(error), await ask('well')]).toEqual([
      'failed',
      'stored',
      'failed',
      'failed',
      'not asked',
    ]);
  });

  test.each([252, 242])('keeps only the table with code %d from being asked', async (code) => {
    const { ask } = rig();

    expect([await ask(fault(code)), await ask('well'), await ask('well', 'other'), await ask('well', null)]).toEqual([
      'failed',
      'not asked',
      'stored',
      'stored',
    ]);
  });

  test.each([
    ['a bad row', fault(469)],
    ['a wrong password', fault(516)],
    ['a missing right', fault(497)],
    ['a code that nobody knows', fault(12_345)],
    ['a fault that is none of ClickHouse’s', new Error('canary')],
  ])('stays closed over %s, however often', async (_what, error) => {
    const { ask } = rig();
    for (let time = 0; time < 5; time++) expect(await ask(error)).toBe('failed');
    expect(await ask('well')).toBe('stored');
  });

  test('asks again after 5 s, with one batch alone, and closes when that is answered', async () => {
    const { ask, state, breaker } = rig();
    await ask(SILENT);
    state.now = 4_999;
    const early = await ask('well');
    state.now = 5_000;

    const { promise, resolve } = Promise.withResolvers<string>();
    const probe = breaker.run('hits', () => promise);
    const beside = await ask('well');
    resolve('stored');

    expect([early, beside, await probe, await ask('well')]).toEqual(['not asked', 'not asked', 'stored', 'stored']);
  });

  test('doubles its pause with each vain attempt, up to 30 s, and begins anew after a good one', async () => {
    const { ask, state } = rig();
    await ask(SILENT);
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const from = state.now;
      while ((await ask(SILENT)) === 'not asked') state.now += 1_000;
      pauses.push(state.now - from);
    }

    expect(pauses).toEqual([5_000, 10_000, 20_000, 30_000, 30_000]);
    state.now += 30_000;
    expect(await ask('well')).toBe('stored');
    await ask(SILENT);
    state.now += 5_000;
    expect(await ask('well')).toBe('stored');
  });

  test('what was under way when it opened makes the pause no longer', async () => {
    const { ask, state, breaker } = rig();
    const { promise, reject } = Promise.withResolvers<string>();
    const slow = [1, 2, 3].map(() => breaker.run('hits', () => promise).catch(() => 'failed'));
    await ask(SILENT);
    reject(SILENT);
    await Promise.all(slow);
    state.now = 5_000;

    expect(await ask('well')).toBe('stored');
  });

  test('names what happened and when to look again, and no value', async () => {
    const { ask, breaker } = rig();
    await ask(fault(241));

    await expect(breaker.run('hits', async () => 'stored')).rejects.toMatchObject({
      code: 'BREAKER_OPEN',
      retryable: true,
      message: expect.stringContaining('code 241'),
    });
  });

  test('whatever ClickHouse does, it is asked again within half a minute, and a well one is never kept out for ever', async () => {
    const answers = fc.constantFrom<StoreError | 'well'>(
      'well',
      SILENT,
      CUT,
      fault(241),
      fault(252),
      fault(202),
      fault(469),
    );
    const tables = fc.constantFrom('hits', 'other', null);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(answers, tables, fc.nat(40_000))), async (steps) => {
        const { ask, state } = rig();
        for (const [answer, table, pause] of steps) {
          await ask(answer, table);
          state.now += pause;
        }
        state.now += 30_000;
        for (const table of ['hits', 'other', null]) expect(await ask('well', table)).toBe('stored');
      }),
    );
  });
});
