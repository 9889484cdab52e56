import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EdgeItemTooLargeError, RefreshIncompleteError } from '../../../../functions/rotation/refresh-error.ts';
import { refreshPatienceMinutes, retryRefresh } from '../../../../functions/rotation/retry-refresh.ts';

const PASSING = new TypeError('away');
const FINAL = new EdgeItemTooLargeError(20_000);
const IDS = [11, 12, 13];

/** @param faults what each attempt throws; the next one succeeds. @param mostMs how long the function has */
async function retry(faults: readonly unknown[], mostMs = Number.POSITIVE_INFINITY) {
  const attempts: (readonly number[])[] = [];
  const ending = new AbortController();
  let time = 0;
  const failure = await retryRefresh(
    IDS,
    async (ids) => {
      const fault = faults[attempts.push(ids) - 1];
      if (fault !== undefined) throw fault;
    },
    {
      pause: async (milliseconds) => {
        time += milliseconds;
        if (time >= mostMs) ending.abort();
      },
      signal: ending.signal,
    },
  ).catch((error: unknown) => error);
  return { attempts, time, failure };
}

function incomplete(tokens: Readonly<Record<number, unknown>>, pushes: Readonly<Record<number, unknown>> = {}) {
  return new RefreshIncompleteError(
    {
      tokens: Object.entries(tokens).map(([id, fault]) => ({ edgeWorkerId: Number(id), fault })),
      pushes: Object.entries(pushes).map(([item, fault]) => ({ network: 'staging', item, fault })),
      pushed: [],
    },
    6,
  );
}

describe('a refresh that fails', () => {
  test('is tried again within half a minute, until it succeeds', async () => {
    const { attempts, time, failure } = await retry([PASSING, PASSING]);

    expect(failure).toBeUndefined();
    expect(attempts).toEqual([IDS, IDS, IDS]);
    expect(time / 2).toBeLessThanOrEqual(30_000);
  });

  test('is tried again for those EdgeWorkers only that got nothing', async () => {
    const { attempts, failure } = await retry([
      incomplete({ 11: PASSING }, { 13: PASSING }),
      incomplete({ 13: PASSING }),
    ]);

    expect(failure).toBeUndefined();
    expect(attempts).toEqual([IDS, [11, 13], [13]]);
  });

  test('is not tried again where nothing but a change would help', async () => {
    const last = incomplete({ 12: FINAL });

    expect(await retry([FINAL])).toMatchObject({ attempts: [IDS], failure: FINAL });
    expect(await retry([incomplete({ 12: FINAL, 13: PASSING }), last])).toMatchObject({
      attempts: [IDS, [12, 13]],
      failure: last,
    });
  });

  test('is given up with its own error when the time of the function is over', async () => {
    const { attempts, failure } = await retry(Array(100).fill(PASSING), 60_000);

    expect(failure).toBe(PASSING);
    expect(attempts).toHaveLength(3);
  });

  test('ends well or with its last error, whatever fails', async () => {
    const fault = fc.constantFrom(PASSING, FINAL, incomplete({ 11: PASSING }), incomplete({ 11: FINAL }), 'text', null);
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 8 }), async (faults) => {
        const { attempts, failure } = await retry(faults);
        expect(failure).toBe(attempts.length > faults.length ? undefined : faults[attempts.length - 1]);
      }),
    );
  });
});

test('somebody tries at any time: a call lasts until the next, or as long as Lambda lets it', () => {
  expect([1, 15, 16, 360].map(refreshPatienceMinutes)).toEqual([1, 15, 15, 15]);
});
