import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { allFailed, keyOf, nothingFailed, type QueueRig, settle, startQueueRig, until } from './queue-rig.ts';

let rig: QueueRig;

beforeEach(async () => {
  rig = await startQueueRig();
});
afterEach(() => rig.stop());

describe('replay queue', () => {
  test('delivers what is sent together together, up to ten a delivery and two deliveries at a time', async () => {
    const deliveries: Delivery[] = [];
    const queue = rig.open((event) => held(deliveries, event));

    for (const name of names(35)) queue.send(name);
    await settle();
    const begun = deliveries.map(({ event }) => event.Records.length);
    deliveries[0]?.answer(nothingFailed);
    await settle();

    expect(begun).toEqual([10, 10]);
    expect(deliveries.map(({ event }) => event.Records.length)).toEqual([10, 10, 10]);
    expect(queue.waiting()).toBe(25);
  });

  test('delivers a failed message again after a second, and counts its receives', async () => {
    const receives: string[] = [];
    const queue = rig.open(async (event) => {
      receives.push(...event.Records.map(receiveCount));
      return receives.length < 3 ? allFailed(event) : nothingFailed;
    });

    queue.send('spool/a1');
    await settle();
    rig.timers.advance(999);
    await settle();
    const beforeTheSecond = [...receives];
    rig.timers.advance(1);
    await settle();
    rig.timers.advance(1_000);
    await queue.drained();

    expect(beforeTheSecond).toEqual(['1']);
    expect(receives).toEqual(['1', '2', '3']);
    expect(queue.waiting()).toBe(0);
  });

  test('delivers a postponed message when it was postponed to, and only that time', async () => {
    const at: number[] = [];
    const queue = rig.open(async (event) => {
      at.push(rig.timers.now);
      if (at.length === 1) await queue.postpone(handleOf(event), 30);
      return at.length < 3 ? allFailed(event) : nothingFailed;
    });

    queue.send('spool/a1');
    for (let second = 0; second <= 31; second++) {
      await settle();
      rig.timers.advance(1_000);
    }
    await queue.drained();

    expect(at).toEqual([0, 30_000, 31_000]);
  });

  test('a message that was postponed and then answered is done', async () => {
    const queue = rig.open(async (event) => {
      await queue.postpone(handleOf(event), 30);
      return nothingFailed;
    });

    queue.send('spool/a1');
    await queue.drained();

    expect(rig.timers.pending).toBe(0);
  });

  test('a receipt handle of an earlier delivery can postpone nothing', async () => {
    const handles: string[] = [];
    const queue = rig.open(async (event) => {
      handles.push(handleOf(event));
      return handles.length === 1 ? allFailed(event) : nothingFailed;
    });
    queue.send('spool/a1');
    await settle();

    const postponing = queue.postpone(handles[0] ?? '', 30);

    await expect(postponing).rejects.toMatchObject({ code: 'RECEIPT_HANDLE_INVALID' });
  });

  test.each([
    ['throws', () => Promise.reject(new Error('no route to host'))],
    ['names a message that was not delivered', async () => ({ batchItemFailures: [{ itemIdentifier: 'another' }] })],
  ])('a replay that %s has failed for all its messages', async (_what, fail) => {
    let delivered = 0;
    const queue = rig.open(async (event) => {
      delivered += event.Records.length;
      return delivered > 3 ? nothingFailed : fail();
    });

    for (const name of names(3)) queue.send(name);
    await settle();
    const waiting = queue.waiting();
    rig.timers.advance(1_000);
    await queue.drained();

    expect([waiting, delivered]).toEqual([3, 6]);
  });

  test('closing waits for what is under way, starts nothing more and leaves no timer', async () => {
    const deliveries: Delivery[] = [];
    const queue = rig.open((event) => held(deliveries, event), { batchSize: 1 });
    for (const name of names(4)) queue.send(name);
    await settle();
    deliveries[0]?.answer(allFailed(deliveries[0].event));
    await settle();
    let closed = false;

    const closing = queue.close().then(() => {
      closed = true;
    });
    await settle();
    const closedEarly = closed;
    for (const { event, answer } of deliveries) answer(allFailed(event));
    await closing;

    expect(closedEarly).toBe(false);
    expect(deliveries).toHaveLength(3);
    expect(rig.timers.pending).toBe(0);
    expect(queue.waiting()).toBe(4);
  });

  test('whatever fails how often, every message is delivered until it succeeds, within the limits', async () => {
    const plan = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 12 }), async (failures, batchSize) => {
        const left = new Map(failures.map((times, at): [string, number] => [`spool/${at.toString(16)}`, times]));
        const receives = new Map<string, number>();
        let [now, most] = [0, 0];
        const queue = rig.open(
          async ({ Records }) => {
            most = Math.max(most, ++now);
            expect(Records.length).toBeLessThanOrEqual(batchSize);
            await setImmediate();
            const failed = Records.filter((record) => {
              receives.set(keyOf(record), Number(receiveCount(record)));
              const times = left.get(keyOf(record)) ?? 0;
              left.set(keyOf(record), times - 1);
              return times > 0;
            });
            now--;
            return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
          },
          { batchSize },
        );

        for (const name of left.keys()) queue.send(name);
        await until(() => {
          rig.timers.advance(1_000);
          return queue.waiting() === 0;
        });

        expect([...receives.values()].sort()).toEqual(failures.map((times) => times + 1).sort());
        expect(most).toBeLessThanOrEqual(2);
      }),
      { numRuns: 50 },
    );
  });
});

interface Delivery {
  readonly event: SQSEvent;
  readonly answer: (response: SQSBatchResponse) => void;
}

/** A delivery that ends when the test answers it. */
function held(deliveries: Delivery[], event: SQSEvent): Promise<SQSBatchResponse> {
  return new Promise((answer) => deliveries.push({ event, answer }));
}

function handleOf({ Records }: SQSEvent): string {
  return Records[0]?.receiptHandle ?? '';
}

function receiveCount({ attributes }: SQSRecord): string {
  return attributes.ApproximateReceiveCount;
}

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `spool/${at.toString(16)}`);
}
