import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawHearing } from '../../../../local/edge/draw-hearing.ts';
import { API, endAll, property, startRecorder, startServer, startTestEdge } from './start-test-edge.ts';

afterEach(endAll);

/** Sends its second request only when it has heard the answer of the first, and so on. */
const CHAIN = `
  import { httpRequest } from 'http-request';
  import { logger } from 'log';
  export function onClientResponse(request) {
    const step = async (n) => { await httpRequest('https://${API}' + request.path + '/' + n); logger.log('%s heard %d', request.path, n); };
    (async () => { await step(1); await step(2); })();
  }`;

describe('work that a call leaves un-awaited', () => {
  test('goes on for none, one or two answers where it is dropped, and what it has sent arrives', async () => {
    const { origin, received } = await startRecorder();
    const site = await startServer((_message, response) => response.end('page'));
    const chance = { seed: 3, dropped: 1 };
    const edge = await startTestEdge(CHAIN, { site, properties: property(origin), chance });
    const draw = drawHearing(chance);
    const hears = Array.from({ length: 12 }, () => draw() ?? Number.NaN);

    const statuses: number[] = [];
    for (const index of hears.keys()) statuses.push((await fetch(`${edge.url}/${index}`)).status);
    const expected = hears.flatMap((heard, index) =>
      Array.from({ length: Math.min(2, heard + 1) }, (_, n) => `/${index}/${n + 1}`),
    );
    while (received.length < expected.length) await new Promise((resolve) => setImmediate(resolve));
    const { handlers } = await edge.report();
    const lines = handlers[0]?.logLines.map(({ message }) => message) ?? [];
    await edge.stop();

    expect(new Set(hears)).toEqual(new Set([0, 1, 2]));
    expect(statuses).toEqual(hears.map(() => 200));
    expect(received.map(({ url }) => url).toSorted()).toEqual(expected.toSorted());
    const heard = hears.flatMap((count, index) => Array.from({ length: count }, (_, n) => `/${index} heard ${n + 1}`));
    expect(heard).toEqual(expect.arrayContaining(lines));
  });

  test('is awaited or not: what a handler waits for is never dropped', async () => {
    const { origin, received } = await startRecorder();
    const edge = await startTestEdge(
      `import { httpRequest } from 'http-request'; import { createResponse } from 'create-response';
       export async function responseProvider() {
         for (const n of [1, 2, 3]) await httpRequest('https://${API}/' + n);
         return createResponse('done');
       }`,
      { properties: property(origin), chance: { seed: 1, dropped: 1 } },
    );

    expect(await (await fetch(edge.url)).text()).toBe('done');
    expect(received).toHaveLength(3);
  });
});

describe('chance', () => {
  test('is the same for the same seed, and drops the fraction that was asked for', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 0.1, 0.5, 1), (seed, dropped) => {
        const [one, other] = [drawHearing({ seed, dropped }), drawHearing({ seed, dropped })];
        const draws = Array.from({ length: 2_000 }, one);

        expect(Array.from({ length: 2_000 }, other)).toEqual(draws);
        expect(Math.abs(draws.filter((heard) => heard !== undefined).length / 2_000 - dropped)).toBeLessThan(0.06);
      }),
      { numRuns: 20 },
    );
  });

  test('is left out unless asked for', () => {
    expect(drawHearing(undefined)()).toBeUndefined();
  });
});
