import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chargeVisitor, type VisitorBuckets, visitorWait } from '../../../edgeworker/src/visitor-rate.ts';

const RATE = { batchesPerMinute: 6, kilobytesPerMinute: 600 };
const NOW = 1_763_884_800_000;
const LARGE = 300 * 1_024;

describe('a visitor', () => {
  test('may send a minute’s batches at once, and then waits until there is room for one', () => {
    const buckets: VisitorBuckets = {};

    for (let batch = 0; batch < 6; batch++) chargeVisitor(buckets, 'a', RATE, 10, NOW);

    const waits = [0, 4_000, 10_000].map((later) => visitorWait(buckets, 'a', RATE, NOW + later));
    expect(waits).toEqual([10, 6, 0]);
  });

  test('saves nothing up: after a quiet hour it is a minute’s batches again', () => {
    const buckets: VisitorBuckets = {};
    chargeVisitor(buckets, 'a', RATE, 10, NOW);

    for (let batch = 0; batch < 6; batch++) chargeVisitor(buckets, 'a', RATE, 10, NOW + 3_600_000);

    expect(visitorWait(buckets, 'a', RATE, NOW + 3_600_000)).toBe(10);
  });

  test('has sent as many batches as a large one has the bytes of', () => {
    const buckets: VisitorBuckets = {};

    for (let batch = 0; batch < 2; batch++) chargeVisitor(buckets, 'a', RATE, LARGE, NOW);

    expect(visitorWait(buckets, 'a', RATE, NOW)).toBe(10);
  });

  test('pays with time for what the last batch took too much', () => {
    const buckets: VisitorBuckets = {};
    for (let batch = 0; batch < 5; batch++) chargeVisitor(buckets, 'a', RATE, 10, NOW);

    chargeVisitor(buckets, 'a', RATE, LARGE, NOW);

    expect(visitorWait(buckets, 'a', RATE, NOW)).toBe(30);
  });

  test('is not held up by others, nor by a clock that is set back', () => {
    const buckets: VisitorBuckets = {};
    for (let batch = 0; batch < 6; batch++) chargeVisitor(buckets, 'a', RATE, 10, NOW);
    chargeVisitor(buckets, 'b', RATE, 10, NOW);

    const waits = [visitorWait(buckets, 'b', RATE, NOW - 300_000), visitorWait(buckets, 'a', RATE, NOW - 300_000)];

    expect(waits).toEqual([0, 10]);
  });

  test('who came longest ago is forgotten first, so that memory stays bounded', () => {
    const buckets: VisitorBuckets = {};
    chargeVisitor(buckets, 'first', RATE, 2 * LARGE, NOW);
    chargeVisitor(buckets, 'busy', RATE, 2 * LARGE, NOW);
    for (let other = 0; other < 498; other++) chargeVisitor(buckets, `${other}`, RATE, 10, NOW);
    chargeVisitor(buckets, 'busy', RATE, 10, NOW);

    for (const late of ['last but one', 'last']) chargeVisitor(buckets, late, RATE, 10, NOW);

    expect(buckets.held?.size).toBe(500);
    expect([visitorWait(buckets, 'first', RATE, NOW), visitorWait(buckets, 'busy', RATE, NOW) > 0]).toEqual([0, true]);
  });

  test('never gets more than its rate and one minute’s share, however it comes', () => {
    const steps = fc.array(fc.record({ ms: fc.nat(20_000), bytes: fc.nat(64 * 1_024) }), {
      minLength: 50,
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (batches) => {
        const buckets: VisitorBuckets = {};
        let [now, taken, bytes] = [NOW, 0, 0];

        for (const batch of batches) {
          now += batch.ms;
          if (visitorWait(buckets, 'a', RATE, now) > 0) continue;
          chargeVisitor(buckets, 'a', RATE, batch.bytes, now);
          taken++;
          bytes += batch.bytes;
        }

        const minutes = (now - NOW) / 60_000 + 1;
        expect(taken).toBeLessThanOrEqual(RATE.batchesPerMinute * minutes + 1e-6);
        // Its last batch may be one too large.
        expect(bytes).toBeLessThanOrEqual((RATE.kilobytesPerMinute * minutes + 64) * 1_024);
      }),
    );
  });
});

test('who waits as told is taken', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(900_000), (batchesPerMinute, bytes) => {
      const rate = { batchesPerMinute, kilobytesPerMinute: 600 };
      const buckets: VisitorBuckets = {};
      chargeVisitor(buckets, 'a', rate, bytes, NOW);
      const wait = visitorWait(buckets, 'a', rate, NOW);

      const again = visitorWait(buckets, 'a', rate, NOW + wait * 1_000);

      expect(again).toBe(0);
    }),
  );
});
