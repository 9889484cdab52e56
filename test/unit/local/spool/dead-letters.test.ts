import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { allFailed, keyOf, nothingFailed, type QueueRig, settle, startQueueRig, until } from './queue-rig.ts';

let rig: QueueRig;

beforeEach(async () => {
  rig = await startQueueRig();
});
afterEach(() => rig.stop());

describe('replay queue', () => {
  test('a message is done when it is buried; the letter says which object, why, when and after how many receives', async () => {
    const queue = rig.open(async (event) => {
      for (const { body } of event.Records) await queue.bury(body, 'OBJECT_TAMPERED');
      return nothingFailed;
    });

    queue.send('spool/a1');
    await queue.drained();

    expect([queue.waiting(), queue.dead()]).toEqual([0, 1]);
    expect(await rig.letters()).toEqual([
      { name: 'spool/a1', reason: 'OBJECT_TAMPERED', receives: 1, at: '1970-01-01T00:00:00.000Z' },
    ]);
    expect(rig.said).toEqual(['A spooled batch waits for a person: spool/a1, OBJECT_TAMPERED.']);
  });

  test('a message that names no object is buried too', async () => {
    const queue = rig.open(async () => nothingFailed);

    await queue.bury('no notification', 'MESSAGE_MALFORMED');

    expect(queue.dead()).toBe(1);
    expect(await rig.letters()).toMatchObject([{ name: null, reason: 'MESSAGE_MALFORMED' }]);
  });

  test('a message that was received too often is a dead letter', async () => {
    let delivered = 0;
    const queue = rig.open(
      async (event) => {
        delivered++;
        return allFailed(event);
      },
      { mostReceives: 3 },
    );

    queue.send('spool/a1');
    for (let round = 0; round < 5; round++) {
      await settle();
      rig.timers.advance(1_000);
    }
    await queue.drained();

    expect(delivered).toBe(3);
    expect(await rig.letters()).toMatchObject([{ name: 'spool/a1', reason: 'RECEIVES_EXHAUSTED', receives: 3 }]);
  });

  test('a dead letter that cannot be written loses no message', async () => {
    const queue = rig.open(async (event) => allFailed(event), { mostReceives: 1 });
    await rm(join(rig.directory, 'dead'), { recursive: true });

    queue.send('spool/a1');
    await until(() => rig.timers.pending > 0);

    expect([queue.waiting(), queue.dead()]).toEqual([1, 0]);
    expect(rig.said[0]).toContain('replayed again');
  });

  test('a new start sends again what lies in the spool, but no dead letter and nothing half written', async () => {
    const before = rig.open(async (event) => {
      for (const { body } of event.Records) await before.bury(body, 'POLICY_DENIED');
      return nothingFailed;
    });
    before.send('spool/a1');
    await before.drained();
    await writeFile(join(rig.directory, 'dead', 'object-spool%2Fb2.json.new'), '{"na');
    const delivered: string[] = [];
    const queue = rig.open(async (event) => {
      delivered.push(...event.Records.map(keyOf));
      return nothingFailed;
    });

    const sent = queue.resend(['spool/a1', 'spool/b2', 'spool/c3']);
    await queue.drained();

    expect(sent).toBe(2);
    expect(delivered).toEqual(['spool/b2', 'spool/c3']);
    expect(queue.dead()).toBe(1);
  });
});
