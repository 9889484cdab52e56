import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Circuit, holdBack, secondsHeld } from '../../../edgeworker/src/circuit.ts';
import { deliverBatch } from '../../../edgeworker/src/deliver-batch.ts';
import type { HttpAnswer } from '../../../edgeworker/src/platform.ts';
import { answerOf, fakeEdgeWithItem, NOW_SECONDS, SETTINGS } from './fake-edge.ts';

const NOW = NOW_SECONDS * 1_000;

describe('sending is held back', () => {
  test.each([
    ['the seconds that were asked for', '7', 7],
    ['the time until the date that was asked for', new Date(NOW + 9_000).toUTCString(), 9],
    ['a minute at most', '86400', 60],
    ['a minute at most, also for more digits than a number has', '9'.repeat(400), 60],
    ['a second at least', '0', 1],
    ['a second at least, for a date that is over', new Date(NOW - 9_000).toUTCString(), 1],
    ['five seconds where nothing was asked for', undefined, 5],
    ['five seconds where nobody can read it', 'soon', 5],
  ])('for %s', (_name, retryAfter, seconds) => {
    const circuit: Circuit = {};

    holdBack(circuit, retryAfter, NOW);

    expect(secondsHeld(circuit, NOW)).toBe(seconds);
    expect(secondsHeld(circuit, NOW + seconds * 1_000 - 1)).toBe(1);
    expect(secondsHeld(circuit, NOW + seconds * 1_000)).toBe(0);
  });

  test('for a minute at most, whatever was asked for and however the clock is set afterwards', () => {
    const retryAfter = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(retryAfter, fc.integer({ min: -300_000, max: 300_000 }), (asked, skew) => {
        const circuit: Circuit = {};

        holdBack(circuit, asked, NOW);

        const held = [secondsHeld(circuit, NOW), secondsHeld(circuit, NOW + skew)];
        expect(held[0]).toBeGreaterThanOrEqual(1);
        for (const seconds of held) expect(seconds).toBeLessThanOrEqual(60);
        if (skew >= 60_000 || skew <= -60_000) expect(held[1]).toBe(0);
      }),
    );
  });
});

describe('a batch', () => {
  const INGEST = { 'edgehouse-request-id': 'r-1' };

  test.each<[string, () => HttpAnswer]>([
    ['ingest answers 429', () => answerOf(429, '', { ...INGEST, 'retry-after': '7' })],
    ['ingest answers 503', () => answerOf(503, '', { ...INGEST, 'retry-after': '7' })],
    ['the gateway answers 429', () => answerOf(429, '', { 'apigw-requestid': 'g', 'retry-after': '7' })],
    ['the property answers 503', () => answerOf(503, '', { 'retry-after': '7' })],
  ])('is not sent for as long as was asked for after %s, nor is EdgeKV read', async (_name, answer) => {
    const edge = fakeEdgeWithItem(answer);
    const cache = {};
    const deliver = (ms: number) =>
      deliverBatch('b', [{}], { settings: SETTINGS, cache, platform: { ...edge.platform, now: () => NOW + ms } });

    const first = await deliver(0);
    const held = await deliver(6_000);
    const sentThen = edge.sent.length;
    const again = await deliver(7_000);

    expect([first.kind, again.kind]).not.toContain('held-back');
    expect(held).toEqual({ kind: 'held-back', seconds: 1 });
    expect(sentThen).toBe(2);
    expect(edge.sent.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
  });

  test.each([200, 202, 400, 413, 422, 500])('is sent at once after a %d', async (status) => {
    const edge = fakeEdgeWithItem(() => answerOf(status, '', { ...INGEST, 'retry-after': '7' }));
    const delivery = { settings: SETTINGS, cache: {}, platform: edge.platform };

    await deliverBatch('b', [{}], delivery);
    const second = await deliverBatch('b', [{}], delivery);

    expect(second).toMatchObject({ status });
  });
});

describe('where every token is refused', () => {
  const REFUSED = () => answerOf(403, '', { 'apigw-requestid': 'g' });

  test('a thousand requests of ten minutes ask EdgeKV twice a minute and ingest once', async () => {
    const edge = fakeEdgeWithItem(REFUSED);
    const cache = {};

    for (let request = 0; request < 1_000; request++) {
      const now = () => NOW + request * 600;
      await deliverBatch('b', [{}], { settings: SETTINGS, cache, platform: { ...edge.platform, now } });
    }

    const posts = edge.sent.filter(({ method }) => method === 'POST').length;
    expect([posts, edge.sent.length - posts]).toEqual([10, 20]);
  });

  test('a thousand requests at one moment send what they had begun, and no other is sent', async () => {
    const edge = fakeEdgeWithItem(REFUSED);
    const delivery = { settings: SETTINGS, cache: {}, platform: edge.platform };
    await deliverBatch('b', [{}], delivery);

    const results = await Promise.all(Array.from({ length: 1_000 }, () => deliverBatch('b', [{}], delivery)));

    expect(edge.sent.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['no-credentials']));
    expect(await deliverBatch('b', [{}], delivery)).toEqual({ kind: 'held-back', seconds: 60 });
  });
});
