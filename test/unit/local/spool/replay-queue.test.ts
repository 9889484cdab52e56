import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import {
  createReplayQueue,
  type LocalReplayQueue,
  type ReplayQueueOptions,
} from '../../../../local/spool/replay-queue.ts';
import { ManualTimers } from './manual-timers.ts';

let directory: string;
let timers: ManualTimers;
let said: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgehouse-queue-test-'));
  timers = new ManualTimers();
  said = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('replay queue', () => {
  test('delivers what is sent together together, up to ten a delivery and two deliveries at a time', async () => {
    const deliveries: Delivery[] = [];
    const queue = open((event) => held(deliveries, event));

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
    const queue = open(async (event) => {
      receives.push(...event.Records.map(receiveCount));
      return receives.length < 3 ? allFailed(event) : nothingFailed;
    });

    queue.send('spool/a1');
    await settle();
    timers.advance(999);
    await settle();
    const beforeTheSecond = [...receives];
    timers.advance(1);
    await settle();
    timers.advance(1_000);
    await queue.drained();

    expect(beforeTheSecond).toEqual(['1']);
    expect(receives).toEqual(['1', '2', '3']);
    expect(queue.waiting()).toBe(0);
  });

  test('delivers a postponed message when it was postponed to, and only that time', async () => {
    const at: number[] = [];
    const queue = open(async (event) => {
      at.push(timers.now);
      if (at.length === 1) await queue.postpone(handleOf(event), 30);
      return at.length < 3 ? allFailed(event) : nothingFailed;
    });

    queue.send('spool/a1');
    for (let second = 0; second <= 31; second++) {
      await settle();
      timers.advance(1_000);
    }
    await queue.drained();

    expect(at).toEqual([0, 30_000, 31_000]);
  });

  test('a message that was postponed and then answered is done', async () => {
    const queue = open(async (event) => {
      await queue.postpone(handleOf(event), 30);
      return nothingFailed;
    });

    queue.send('spool/a1');
    await queue.drained();

    expect(timers.pending).toBe(0);
  });

  test('a receipt handle of an earlier delivery can postpone nothing', async () => {
    const handles: string[] = [];
    const queue = open(async (event) => {
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
    const queue = open(async (event) => {
      delivered += event.Records.length;
      return delivered > 3 ? nothingFailed : fail();
    });

    for (const name of names(3)) queue.send(name);
    await settle();
    const waiting = queue.waiting();
    timers.advance(1_000);
    await queue.drained();

    expect([waiting, delivered]).toEqual([3, 6]);
  });

  test('a message is done when it is buried; the letter says which object, why, when and after how many receives', async () => {
    const queue = open(async (event) => {
      for (const { body } of event.Records) await queue.bury(body, 'OBJECT_TAMPERED');
      return nothingFailed;
    });

    queue.send('spool/a1');
    await queue.drained();

    expect([queue.waiting(), queue.dead()]).toEqual([0, 1]);
    expect(await letters()).toEqual([
      { name: 'spool/a1', reason: 'OBJECT_TAMPERED', receives: 1, at: '1970-01-01T00:00:00.000Z' },
    ]);
    expect(said).toEqual(['A spooled batch waits for a person: spool/a1, OBJECT_TAMPERED.']);
  });

  test('a message that names no object is buried too', async () => {
    const queue = open(async () => nothingFailed);

    await queue.bury('no notification', 'MESSAGE_MALFORMED');

    expect(queue.dead()).toBe(1);
    expect(await letters()).toMatchObject([{ name: null, reason: 'MESSAGE_MALFORMED' }]);
  });

  test('a message that was received too often is a dead letter', async () => {
    let delivered = 0;
    const queue = open(
      async (event) => {
        delivered++;
        return allFailed(event);
      },
      { mostReceives: 3 },
    );

    queue.send('spool/a1');
    for (let round = 0; round < 5; round++) {
      await settle();
      timers.advance(1_000);
    }
    await queue.drained();

    expect(delivered).toBe(3);
    expect(await letters()).toMatchObject([{ name: 'spool/a1', reason: 'RECEIVES_EXHAUSTED', receives: 3 }]);
  });

  test('a dead letter that cannot be written loses no message', async () => {
    const queue = open(async (event) => allFailed(event), { mostReceives: 1 });
    await rm(join(directory, 'dead'), { recursive: true });

    queue.send('spool/a1');
    await until(() => timers.pending > 0);

    expect([queue.waiting(), queue.dead()]).toEqual([1, 0]);
    expect(said[0]).toContain('replayed again');
  });

  test('a new start sends again what lies in the spool, but no dead letter and nothing half written', async () => {
    const before = open(async (event) => {
      for (const { body } of event.Records) await before.bury(body, 'POLICY_DENIED');
      return nothingFailed;
    });
    before.send('spool/a1');
    await before.drained();
    await writeFile(join(directory, 'dead', 'object-spool%2Fb2.json.new'), '{"na');
    const delivered: string[] = [];
    const queue = open(async (event) => {
      delivered.push(...event.Records.map(keyOf));
      return nothingFailed;
    });

    const sent = queue.resend(['spool/a1', 'spool/b2', 'spool/c3']);
    await queue.drained();

    expect(sent).toBe(2);
    expect(delivered).toEqual(['spool/b2', 'spool/c3']);
    expect(queue.dead()).toBe(1);
  });

  test('closing waits for what is under way, starts nothing more and leaves no timer', async () => {
    const deliveries: Delivery[] = [];
    const queue = open((event) => held(deliveries, event), { batchSize: 1 });
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
    expect(timers.pending).toBe(0);
    expect(queue.waiting()).toBe(4);
  });

  test('whatever fails how often, every message is delivered until it succeeds, within the limits', async () => {
    const plan = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 12 }), async (failures, batchSize) => {
        const left = new Map(failures.map((times, at): [string, number] => [`spool/${at.toString(16)}`, times]));
        const receives = new Map<string, number>();
        let [now, most] = [0, 0];
        const queue = open(
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
          timers.advance(1_000);
          return queue.waiting() === 0;
        });

        expect([...receives.values()].sort()).toEqual(failures.map((times) => times + 1).sort());
        expect(most).toBeLessThanOrEqual(2);
      }),
      { numRuns: 50 },
    );
  });
});

const nothingFailed: SQSBatchResponse = { batchItemFailures: [] };

interface Delivery {
  readonly event: SQSEvent;
  readonly answer: (response: SQSBatchResponse) => void;
}

function open(deliver: ReplayQueueOptions['deliver'], options: Partial<ReplayQueueOptions> = {}): LocalReplayQueue {
  return createReplayQueue({
    deliver,
    deadLetterDir: join(directory, 'dead'),
    say: (message) => said.push(message),
    schedule: timers.schedule,
    clock: () => timers.now,
    ...options,
  });
}

/** A delivery that ends when the test answers it. */
function held(deliveries: Delivery[], event: SQSEvent): Promise<SQSBatchResponse> {
  return new Promise((answer) => deliveries.push({ event, answer }));
}

function allFailed({ Records }: SQSEvent): SQSBatchResponse {
  return { batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function handleOf({ Records }: SQSEvent): string {
  return Records[0]?.receiptHandle ?? '';
}

function receiveCount({ attributes }: SQSRecord): string {
  return attributes.ApproximateReceiveCount;
}

function keyOf({ body }: SQSRecord): string {
  return JSON.parse(body).Records[0].s3.object.key;
}

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `spool/${at.toString(16)}`);
}

async function letters(): Promise<readonly unknown[]> {
  const files = (await readdir(join(directory, 'dead'))).sort();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(directory, 'dead', file), 'utf8'))));
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (holds()) return;
    await setImmediate();
  }
  throw new Error('it did not happen within 10 000 turns');
}
