import { describe, expect, test } from '@jest/globals';
import type { Contract } from '../../../../functions/ingest/contract.ts';
import { sealBatch, spoolName } from '../../../../functions/ingest/spool-object.ts';
import { freezeVerdict } from '../../../../functions/ingest/verdict.ts';
import { replayBatch } from '../../../../functions/replay/replay-batch.ts';
import { CONTRACT, TABLE } from '../ingest/stream-contract.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { recordingStore } from './recording-store.ts';
import { configWith, type RigOptions, replayRig } from './replay-rig.ts';
import { GOOD, RECEIVED_AT, SPOOL_KEYS, spooledBatch, spoolOne } from './spooled-batch.ts';

async function spooled() {
  const memory = memoryBatchSpool();
  return { memory, ...(await spoolOne(memory.spool)) };
}

const REGIONS = { regions: ['us-east-1', 'eu-west-1'] };

/** One delivery of a spooled batch after `tamper`. */
async function replayed(
  options: RigOptions = {},
  tamper: (object: Buffer) => Buffer | Promise<Buffer> = (same) => same,
) {
  const { memory, name } = await spooled();
  const laid = await tamper(memory.objects.get(name) ?? Buffer.of());
  memory.objects.set(name, laid);
  const rig = replayRig({ memory, ...options });
  const kept = await rig.deliver([name]);
  return { rig, kept, name, laid };
}

describe('a spooled batch whose principal may no longer write', () => {
  test.each([
    ['a rule denies the stream', configWith({ deny: [{ write: ['hits'] }] })],
    ['a rule denies every stream', configWith({ deny: [{ write: ['*'] }] })],
    ['a rule denies its source', configWith({ deny: [{ write: ['hits'], sources: ['ew/1/1.0.0'] }] })],
    ['a rule denies its region', configWith({ deny: [{ write: ['hits'], regions: ['us-east-1'] }] })],
    ['the principal is gone', configWith({}, { principals: { another: { claims: { sub: 'ew:2' } } } })],
    ['the stream is gone', configWith({ allow: [] }, { streams: { other: {} } })],
  ])('waits for a person, and its object stays: %s', async (_what, config) => {
    const { rig, kept, name } = await replayed({ config });

    expect(kept).toEqual([]);
    expect(rig.handed).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'POLICY_DENIED']]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test.each([
    ['its allow rule is gone', configWith({ allow: [] })],
    ['another stream is denied', configWith({ deny: [{ write: ['other'] }] })],
    ['another source is denied', configWith({ deny: [{ write: ['hits'], sources: ['ew/2/*'] }] })],
    ['another region is denied', configWith({ deny: [{ write: ['hits'], regions: ['eu-west-1'] }] }, REGIONS)],
    ['reading is denied', configWith({ deny: [{ read: ['hits'] }] })],
  ])('is stored all the same where nothing denies it: %s', async (_what, config) => {
    const { rig, name } = await replayed({ config });

    expect(rig.handed).toHaveLength(2);
    expect(rig.buried).toEqual([]);
    expect(rig.objects.has(name)).toBe(false);
  });
});

describe('a spooled batch whose token is revoked', () => {
  const received = RECEIVED_AT / 1_000;
  const revokedAt = (seconds: number) => ({ revokedBefore: new Date((received + seconds) * 1_000).toISOString() });

  test.each([
    ['it came when its token was revoked already', received - 100, revokedAt(-10), 'buried'],
    ['it came in the very moment of the revocation', received - 100, revokedAt(0), 'buried'],
    ['it came before the revocation', received - 100, revokedAt(1), 'stored'],
    ['its token is newer than the revocation', received - 100, revokedAt(-101), 'stored'],
    ['its token is as old as the revocation', received - 100, revokedAt(-100), 'stored'],
    ['it was spooled before envelopes told the age of the token', undefined, revokedAt(-10), 'stored'],
  ])('%s', async (_when, tokenIssuedAt, web, end) => {
    const memory = memoryBatchSpool();
    const { name } = await spoolOne(memory.spool, tokenIssuedAt === undefined ? {} : { tokenIssuedAt });
    const rig = replayRig({ memory, config: configWith(web) });

    await rig.deliver([name]);

    expect([rig.buried.map(([, reason]) => reason), rig.handed.length]).toEqual(
      end === 'buried' ? [['POLICY_DENIED'], 0] : [[], 2],
    );
  });
});

describe('a spooled batch that is not what ingest wrote', () => {
  const foreign = [{ version: 1, key: Buffer.alloc(32, 9) }] as const;
  test.each([
    [
      'a byte is changed',
      (object: Buffer) => Buffer.concat([object.subarray(0, -1), Buffer.of((object.at(-1) ?? 0) ^ 1)]),
    ],
    ['nothing is left of it', () => Buffer.alloc(0)],
    ['another batch lies there', () => sealBatch(SPOOL_KEYS, spooledBatch({ rows: [GOOD] }))],
    ['it was sealed by somebody else', () => sealBatch(foreign, spooledBatch())],
  ])('waits for a person and is never stored: %s', async (_what, tamper) => {
    const { rig, kept, name, laid } = await replayed({}, tamper);

    expect(kept).toEqual([]);
    expect(rig.handed).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'OBJECT_TAMPERED']]);
    expect(rig.objects.get(name)).toBe(laid);
  });

  test('is told apart from one whose key version this container does not know yet: the key is read again', async () => {
    const { rig, kept, name } = await replayed({ keys: [{ version: 2, key: Buffer.alloc(32, 3) }] });

    expect(kept).toHaveLength(1);
    expect(rig.buried).toEqual([]);
    expect(rig.objects.has(name)).toBe(true);
    expect(rig.keysForgotten()).toBe(1);
  });

  test('is told apart from one that was sealed before the key was rotated', async () => {
    const { rig } = await replayed({ keys: [{ version: 2, key: Buffer.alloc(32, 3) }, ...SPOOL_KEYS] });
    expect(rig.handed).toHaveLength(2);
  });
});

describe('a spooled batch that its table can no longer take', () => {
  test('waits for a person, and not even its refused rows are stored', async () => {
    const columns = TABLE.map((column) => (column.name === 'name' ? { ...column, type: 'UInt8' } : column));

    const { rig, kept, name } = await replayed({ columns });

    expect(kept).toEqual([]);
    expect(rig.handed).toEqual([]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'VERDICT_UNFIT']]);
    expect(rig.objects.has(name)).toBe(true);
  });

  test.each([
    ['has not every column that is stamped', TABLE.filter((column) => column.name !== '_region')],
    [
      'has one that cannot hold what is stamped',
      TABLE.map((column) => (column.name === '_region' ? { ...column, type: 'UInt8' } : column)),
    ],
  ])('waits in the queue where the table %s, which a migration puts right', async (_what, columns) => {
    const { rig, kept, name } = await replayed({ columns });

    expect(kept).toEqual(['message-0']);
    expect(rig.warnings).toMatchObject([{ code: 'CONTRACT_UNUSABLE' }]);
    expect(rig.objects.has(name)).toBe(true);
  });
});

describe('a message that names no object of the spool', () => {
  test.each(['', 'canary', '{"Records":[{"s3":{"object":{"key":"canary"}}}]}'])(
    'is buried as it came, and said so without its text: %j',
    async (body) => {
      const rig = replayRig();

      const kept = await rig.deliverText(body);

      expect(kept).toEqual([]);
      expect(rig.buried).toEqual([[body, 'MESSAGE_MALFORMED']]);
      expect(rig.lines).toMatchObject([{ outcome: 'dead', code: 'MESSAGE_MALFORMED', object: '' }]);
      expect(JSON.stringify([rig.lines, rig.warnings, rig.counts])).not.toContain('canary');
    },
  );
});

describe('a spooled batch on which edgehouse itself fails', () => {
  /** Whose first column throws what nobody meant to throw. */
  const DEFECTIVE: Contract = {
    ...CONTRACT,
    columns: CONTRACT.columns.map((column, index) =>
      index > 0 ? column : { ...column, type: { ...column.type, encode: defect, layout: undefined } },
    ),
  };
  function defect(): never {
    throw new RangeError('canary');
  }

  test.each([
    ['where it was not judged yet', null],
    ['where its verdict stands', freezeVerdict(CONTRACT.hash, [])],
  ])('waits for a person at once, and does not come again a thousand times: %s', async (_where, verdict) => {
    const { objects, spool } = memoryBatchSpool();
    const { envelope, bytes } = spooledBatch({ rows: [GOOD] });
    const name = spoolName(envelope.key);
    objects.set(name, await sealBatch(SPOOL_KEYS, { envelope: { ...envelope, verdict }, bytes }));
    const spoolKeys = { get: async () => SPOOL_KEYS, expire: () => undefined };
    const contracts = { get: async () => DEFECTIVE, expire: () => undefined };
    const deps = { config: configWith(), spool, spoolKeys, store: recordingStore().store, clock: () => RECEIVED_AT };

    const outcome = await replayBatch(name, 'attempt', contracts, deps);

    expect(outcome).toMatchObject({ kind: 'dead', reason: 'JUDGING_FAILED', fault: { code: 'JUDGING_FAILED' } });
    expect(String(Object(outcome).fault)).toContain('RangeError');
    expect(String(Object(outcome).fault)).not.toContain('canary');
    expect([...objects.keys()]).toEqual([name]);
  });

  test('because this version cannot read its body, is told with its reason, and its object stays', async () => {
    const memory = memoryBatchSpool();
    const batch = spooledBatch({ rows: [GOOD] });
    const torn = { ...batch, envelope: { ...batch.envelope, mediaType: 'application/json' as const } };
    const name = spoolName(batch.envelope.key);
    memory.objects.set(name, await sealBatch(SPOOL_KEYS, torn));
    const rig = replayRig({ memory });

    const kept = await rig.deliver([name]);

    expect([kept, rig.handed]).toEqual([[], []]);
    expect(rig.buried).toMatchObject([[expect.stringContaining(name), 'JUDGING_FAILED']]);
    expect(rig.lines).toMatchObject([{ outcome: 'dead', code: 'JUDGING_FAILED' }]);
    expect(rig.warnings).toMatchObject([
      { code: 'JUDGING_FAILED', detail: expect.stringContaining('BatchRefusedError') },
    ]);
    expect(rig.objects.has(name)).toBe(true);
  });
});
