import { describe, expect, test } from '@jest/globals';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import { openBatch } from '../../../../functions/ingest/spool-object.ts';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { memoryBatchSpool } from '../memory-batch-spool.ts';
import { BAD, GOOD, SPOOL_KEYS, send } from './ingest-rig.ts';

describe('ingest, where ClickHouse cannot take a batch', () => {
  test.each([
    ['quarantine', 0],
    ['hits', 1],
  ])('a store that fails at %s: spooled under the verdict that was reached, 202', async (table, inserted) => {
    const { answer, body, lines, inserts, objects } = await send(
      { rows: [BAD, GOOD] },
      {
        insert: (insert) => {
          if (insert.table === table) throw new StoreError('INSERT', 241);
        },
      },
    );

    expect(answer.statusCode).toBe(202);
    expect(body).toMatchObject({ outcome: 'spooled', received: 2, accepted: 1, quarantined: 1 });
    expect(body.errors).toMatchObject([{ row: 0, line: 1, column: 'status', code: 'FIELD_TYPE' }]);
    expect(lines).toEqual([expect.objectContaining({ outcome: 'spooled', status: 202, clickhouseCode: 241 })]);
    expect(inserts).toHaveLength(inserted);
    const { envelope, bytes } = await onlyBatch(objects);
    expect(envelope).toMatchObject({ verdict: { refused: [{ row: 0 }] }, attempt: { clickhouseCode: 241 } });
    expect(bytes.toString()).toBe(`${BAD}\n${GOOD}`);
  });

  test('a batch of which no row fits is spooled too, where quarantine cannot take it', async () => {
    const { answer, body } = await send({ rows: [BAD] }, { insert: away });

    expect([answer.statusCode, body.outcome, body.accepted, body.quarantined]).toEqual([202, 'spooled', 0, 1]);
  });

  test('a cold container while ClickHouse is away spools unjudged, and says so', async () => {
    const { answer, body, objects } = await send({ rows: [BAD, GOOD], gzip: true }, { describe: away });

    expect(answer.statusCode).toBe(202);
    expect(body).toMatchObject({ outcome: 'spooled', received: 2, accepted: null, quarantined: null, errors: [] });
    expect((await onlyBatch(objects)).envelope).toMatchObject({ verdict: null, contentEncoding: 'gzip' });
  });

  test('a batch that is sent again while it waits keeps its first verdict', async () => {
    const kept = memoryBatchSpool();
    await send({ rows: [BAD, GOOD] }, { insert: away }, kept);

    const { body } = await send({ rows: [BAD, GOOD] }, { describe: away }, kept);

    expect(body).toMatchObject({ outcome: 'spooled', accepted: 1, quarantined: 1 });
    expect((await onlyBatch(kept.objects)).envelope.verdict).not.toBeNull();
  });

  test('an object that somebody else laid in its place does not swallow a batch', async () => {
    const first = await send({}, { insert: away });
    const [name = ''] = first.objects.keys();
    const kept = memoryBatchSpool();
    kept.objects.set(name, Buffer.from('laid here'));

    const { answer } = await send({}, { insert: away }, kept);

    expect(answer.statusCode).toBe(202);
    expect((await onlyBatch(kept.objects)).bytes.toString()).toBe(GOOD);
  });

  test('neither ClickHouse nor the spool: 503 with Retry-After, and one audit line', async () => {
    const { answer, body, lines, warnings } = await send({ rows: [BAD, GOOD] }, { insert: away, spool: full });

    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5', 'edgehouse-request-id': 'r1' } });
    expect(body.code).toBe('UNAVAILABLE');
    expect(lines).toEqual([
      expect.objectContaining({ outcome: 'unavailable', code: 'UNAVAILABLE', clickhouseCode: 241 }),
    ]);
    expect(JSON.stringify(warnings)).toMatch(/ClickHouse answered with code 241.*Writing an object failed/);
  });

  test('the way of a batch is timed wherever it ended; a refusal, which is quick, is not', async () => {
    const latencies = async (...sending: Parameters<typeof send>) =>
      (await send(...sending)).metrics.filter((metric) => Array.isArray(metric) && metric[0] === 'BatchLatency');

    for (const faults of [{}, { insert: away }, { insert: away, spool: full }]) {
      expect(await latencies({}, faults)).toEqual([['BatchLatency', expect.any(Number), { stream: 'hits' }]]);
    }
    expect(await latencies({ rows: [BAD] })).toHaveLength(1);
    expect(await latencies({ source: 'ew/2/1.0.0' })).toEqual([]);
  });

  test.each([
    ['an error', new Error('canary')],
    ['an error with a code', Object.assign(new Error('canary'), { code: '27' })],
    ['a text', 'canary'],
  ])('%s that nobody expected: spooled, and nothing of its text anywhere', async (_what, thrown) => {
    const { answer, lines, warnings } = await send(
      {},
      {
        insert: () => {
          throw thrown;
        },
      },
    );

    expect(answer.statusCode).toBe(202);
    expect(lines).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify([answer, lines, warnings])).not.toContain('canary');
  });
});

function away(): never {
  throw new StoreError('INSERT', 241);
}

function full(): never {
  throw new SpoolError('Writing an object');
}

async function onlyBatch(objects: ReadonlyMap<string, Buffer>) {
  const [[name = '', object = Buffer.alloc(0)] = []] = objects;
  expect(objects.size).toBe(1);
  return openBatch(SPOOL_KEYS, name, object);
}
