import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { openBatch, sealBatch } from '../../functions/ingest/spool-object.ts';
import { sealObject } from '../../functions/shared/sealed-object.ts';
import type { VersionedKeys } from '../../functions/shared/versioned-keys.ts';
import { ANY, failWith, reset } from './support/fault-proxy.ts';
import { MIXED } from './support/sample-rows.ts';
import { makeBatch, type TestBatch } from './support/signed-batch.ts';
import { SPOOL_KEYS } from './support/start-pipeline.ts';
import { EXACTLY_ONCE, useWarmPipeline } from './support/use-warm-pipeline.ts';

const { pipeline, container } = useWarmPipeline();

const NOTHING = { ledger: undefined, rows: [], refused: [] };
/** Somebody who may write to the bucket, and has a key of version 1, but not ours. */
const STRANGE_KEYS: VersionedKeys = [{ version: 1, key: Buffer.alloc(32, 9) }];

describe('an object of the spool that is not what ingest wrote', () => {
  test.each([
    ['its last byte is another one', (object: Buffer) => flip(object, object.length - 1)],
    ['a byte of its envelope is another one', (object: Buffer) => flip(object, 200)],
    ['its seal is another one', (object: Buffer) => flip(object, 10)],
    ['it is cut short', (object: Buffer) => object.subarray(0, object.length - 5)],
    ['it is empty', () => Buffer.alloc(0)],
  ])('is never inserted: %s', async (_what, change) => {
    const batch = await spoolOne();
    await overwrite(batch.spoolName, change(await read(batch.spoolName)));

    await pipeline().replay();

    await expectBuried([batch]);
  });

  test('is one dead letter when two notifications announce it in one delivery', async () => {
    const batch = await spoolOne();
    await pipeline().spool.replace(batch.spoolName, Buffer.from('nothing'), AbortSignal.timeout(5_000));

    await pipeline().replay();

    await expectBuried([batch]);
    expect(pipeline().warnings).not.toContain('The replay queue did not answer');
  });

  test('is never inserted: two objects have changed their names', async () => {
    const [one, other] = [await spoolOne(), await spoolOne()];
    const [first, second] = [join(pipeline().objectsDir, one.spoolName), join(pipeline().objectsDir, other.spoolName)];
    await rename(first, `${first}.aside`);
    await rename(second, first);
    await rename(`${first}.aside`, second);

    await pipeline().replay();

    await expectBuried([one, other]);
  });

  test('is never inserted: a valid batch, sealed with a key that is not ours', async () => {
    const batch = await spoolOne();
    const opened = await openBatch(SPOOL_KEYS, batch.spoolName, await read(batch.spoolName));
    await overwrite(batch.spoolName, await sealBatch(STRANGE_KEYS, opened));

    await pipeline().replay();

    await expectBuried([batch]);
  });

  test('is never inserted: sealed with a key of a version that is not in force, perhaps not yet; it waits', async () => {
    const batch = await spoolOne();
    const opened = await openBatch(SPOOL_KEYS, batch.spoolName, await read(batch.spoolName));
    await overwrite(batch.spoolName, await sealBatch([{ version: 7, key: Buffer.alloc(32, 9) }], opened));

    await pipeline().replay();
    await pipeline().replay();

    expect(await pipeline().truthOf(batch)).toEqual(NOTHING);
    expect(pipeline().replays()).toEqual([{ outcome: 'waiting' }, { outcome: 'waiting' }]);
    expect(await pipeline().spooled()).toEqual([batch.spoolName]);
    expect(pipeline().queue.waiting()).toBe(1);
  });

  test('is never inserted: a verdict that somebody made up for an unjudged batch', async () => {
    const batch = await spoolUnjudged();
    const verdict = Buffer.from(JSON.stringify({ contract: 'any', refused: [] }));
    await overwrite(`verdicts/${batch.key}`, sealObject(STRANGE_KEYS, `verdicts/${batch.key}`, verdict));

    await pipeline().replay();

    await expectBuried([batch]);
  });

  test('is never inserted: the verdict of another batch', async () => {
    const [judged, batch] = [await spoolUnjudged(), await spoolUnjudged()];
    const verdict = sealObject(SPOOL_KEYS, `verdicts/${judged.key}`, Buffer.from('{"contract":"any","refused":[]}'));
    await overwrite(`verdicts/${batch.key}`, verdict);

    await pipeline().replay();

    await expectBuried([batch]);
    expect(await pipeline().truthOf(judged)).toEqual(EXACTLY_ONCE);
  });

  test('does not swallow the batch, which is stored when it is sent again', async () => {
    const batch = await spoolOne();
    await overwrite(batch.spoolName, Buffer.from('nothing'));
    pipeline().proxy.set(ANY, failWith(241));
    const again = await container().send(batch);
    pipeline().proxy.clear();

    await pipeline().replay();

    expect(again.status).toBe(202);
    expect(await pipeline().truthOf(batch)).toEqual(EXACTLY_ONCE);
    expect(await pipeline().spooled()).toEqual([]);
  });
});

describe('a principal that is denied after its batch was spooled', () => {
  const webEdge = userConfig.principals?.['web-edge'];
  const denying = parseConfig({
    ...userConfig,
    tests: [],
    principals: { ...userConfig.principals, 'web-edge': { ...webEdge, deny: [{ write: ['web_events'] }] } },
  });
  const { 'web-edge': _gone, ...others } = userConfig.principals ?? {};

  test.each([
    ['by a deny rule', denying],
    ['by being taken out of the policy', parseConfig({ ...userConfig, tests: [], principals: others })],
  ])('%s gets nothing stored; its batch waits for a person', async (_what, config) => {
    const batch = await spoolOne();
    pipeline().replayUnder(config);

    await pipeline().replay();

    expect(await pipeline().truthOf(batch)).toEqual(NOTHING);
    expect(await pipeline().deadLetters()).toMatchObject([{ name: batch.spoolName, reason: 'POLICY_DENIED' }]);
    expect(await pipeline().spooled()).toEqual([batch.spoolName]);
    expect(pipeline().audit.at(-1)).toMatchObject({
      audit: 'replay',
      outcome: 'dead',
      code: 'POLICY_DENIED',
      principal: 'web-edge',
      batchId: batch.id,
      policyHash: config.policyHash,
    });
  });
});

async function spoolOne(): Promise<TestBatch> {
  const batch = makeBatch(MIXED);
  pipeline().proxy.set(ANY, failWith(241));
  expect((await container().send(batch)).status).toBe(202);
  pipeline().proxy.clear();
  return batch;
}

async function spoolUnjudged(): Promise<TestBatch> {
  const batch = makeBatch(MIXED);
  pipeline().proxy.set(ANY, reset);
  expect((await pipeline().coldContainer().send(batch)).receipt.accepted).toBeNull();
  pipeline().proxy.clear();
  return batch;
}

async function read(name: string): Promise<Buffer> {
  const object = await pipeline().spool.read(name, AbortSignal.timeout(5_000));
  if (object === undefined) throw new Error(`${name} is not in the spool`);
  return object;
}

/** As whoever may write to the bucket does; the notification is that of ingest's own put. */
function overwrite(name: string, object: Buffer): Promise<void> {
  return writeFile(join(pipeline().objectsDir, name), object);
}

function flip(object: Buffer, at: number): Buffer {
  const changed = Buffer.from(object);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

async function expectBuried(batches: readonly TestBatch[]): Promise<void> {
  const names = batches.map(({ spoolName }) => spoolName).sort();
  for (const batch of batches) expect(await pipeline().truthOf(batch)).toEqual(NOTHING);
  expect(await pipeline().deadLetters()).toMatchObject(names.map((name) => ({ name, reason: 'OBJECT_TAMPERED' })));
  expect(await pipeline().spooled()).toEqual(names);
  expect(pipeline().replays()).toContainEqual({ outcome: 'dead', code: 'OBJECT_TAMPERED' });
  expect(pipeline().queue.waiting()).toBe(0);
}
