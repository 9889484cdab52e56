import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spoolNotification, sqsRecord } from '../../local/spool/spool-message.ts';
import { ANY, DESCRIBE, type Fault, failWith, hang, ROWS_INSERT, reset } from './support/fault-proxy.ts';
import { whole } from './support/read-truth.ts';
import { AHEAD, MIXED } from './support/sample-rows.ts';
import { makeBatch, type TestBatch } from './support/signed-batch.ts';
import { startDatabase, type TestDatabase } from './support/start-database.ts';
import { type Pipeline, startPipeline } from './support/start-pipeline.ts';

let database: TestDatabase;
let pipeline: Pipeline;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());
beforeEach(async () => {
  pipeline = await startPipeline(database, { patienceMs: 1_000 });
});
afterEach(() => pipeline.close());

const JUDGED_BEFORE = { ledger: whole(2, 2), rows: [0, 2], refused: [1, 3] };
/** With a column `campaign`, row 3 is good too. */
const JUDGED_AFTER = { ledger: whole(3, 1), rows: [0, 2, 3], refused: [1] };
const ADD_CAMPAIGN = 'ALTER TABLE {db}.web_events ADD COLUMN campaign Nullable(String)';

describe('a batch that reaches a cold container while ClickHouse is away', () => {
  test.each([
    ['refuses connections', reset],
    ['hangs', hang],
    ['answers only with errors', failWith(210)],
  ])('is spooled unjudged when ClickHouse %s, and judged and stored once when it is back', async (_what, fault) => {
    const batch = makeBatch(MIXED);
    const answer = await sendCold(batch, fault);

    await pipeline.replay();

    expect(answer).toMatchObject({
      status: 202,
      receipt: { outcome: 'spooled', received: 4, accepted: null, quarantined: null, errors: [] },
    });
    expect(await pipeline.truthOf(batch)).toEqual(JUDGED_BEFORE);
    expect(await pipeline.spooled()).toEqual([]);
    expect(await pipeline.spool.list('verdicts/')).toEqual([`verdicts/${batch.key}`]);
    expect(pipeline.audit).toMatchObject([
      { audit: 'batch', outcome: 'spooled', status: 202 },
      { audit: 'replay', outcome: 'stored', rowsStored: 2, rowsRefused: 2 },
    ]);
  });

  test('is judged once: a replay that comes again after the table was changed finds the verdict', async () => {
    const batch = makeBatch(MIXED);
    await sendCold(batch, reset);
    const object = await pipeline.spool.read(batch.spoolName, AbortSignal.timeout(5_000));
    await pipeline.replay();
    const verdict = await readVerdict(batch);
    await pipeline.alter(ADD_CAMPAIGN);
    await pipeline.spool.create(batch.spoolName, object ?? Buffer.alloc(0), AbortSignal.timeout(5_000));

    await pipeline.replay();

    expect(pipeline.replays()).toEqual([{ outcome: 'stored' }, { outcome: 'stored' }]);
    expect(await pipeline.truthOf(batch)).toEqual(JUDGED_BEFORE);
    expect(await readVerdict(batch)).toEqual(verdict);
  });

  test('keeps the verdict of a replay that could not insert, whatever the table becomes until the next one', async () => {
    const batch = makeBatch(MIXED);
    await sendCold(batch, reset);
    pipeline.proxy.set(/^INSERT/, failWith(241));
    await pipeline.replay();
    await pipeline.alter(ADD_CAMPAIGN);
    pipeline.proxy.clear();

    await pipeline.replay();

    expect(pipeline.replays()).toEqual([{ outcome: 'waiting' }, { outcome: 'stored' }]);
    expect(await pipeline.truthOf(batch)).toEqual(JUDGED_BEFORE);
  });

  test('is sent again to a container that knows the table: the rows are in one place, once', async () => {
    const batch = makeBatch(MIXED);
    await sendCold(batch, reset);
    const again = await (await pipeline.warmContainer()).send(batch);

    await pipeline.replay();

    expect(again.status).toBe(200);
    expect(await pipeline.truthOf(batch)).toEqual(JUDGED_BEFORE);
  });

  test.each([
    ['stores the good ones', MIXED, 200, JUDGED_BEFORE],
    ['refuses them all', [AHEAD], 422, { ledger: whole(0, 1), rows: [], refused: [0] }],
  ])(
    'is sent again to one that %s, and replayed when its table has changed: each row stays where it went',
    async (_what, rows, status, judged) => {
      const batch = makeBatch(rows);
      await sendCold(batch, reset);
      const again = await (await pipeline.warmContainer()).send(batch);
      await pipeline.alter(ADD_CAMPAIGN);

      await pipeline.replay();

      expect(again.status).toBe(status);
      expect(await pipeline.truthOf(batch)).toEqual(judged);
      expect(await pipeline.spooled()).toEqual([]);
      expect(await pipeline.deadLetters()).toEqual([]);
    },
  );

  test('is replayed by two containers at once: one verdict stands, and each row is stored once', async () => {
    const batch = makeBatch(MIXED);
    await sendCold(batch, reset);

    await Promise.all([replayAlone(batch, 1), replayAlone(batch, 2)]);

    expect(await pipeline.truthOf(batch)).toEqual(JUDGED_BEFORE);
    expect(await pipeline.spool.list('verdicts/')).toHaveLength(1);
    expect(await pipeline.spooled()).toEqual([]);
  });

  test.each([
    ['saw it before goes on first', [0, 1]],
    ['saw it after goes on first', [1, 0]],
  ] as const)(
    'is replayed by two while the table is changed between their looks at it, and the one that %s',
    async (_what, order) => {
      const batch = makeBatch(MIXED);
      await sendCold(batch, reset);
      const looks = holdLooks();

      const before = replayAlone(batch, 1);
      await looks.arrived(0);
      await pipeline.alter(ADD_CAMPAIGN);
      const after = replayAlone(batch, 2);
      await looks.arrived(1);
      const replays = [before, after];
      for (const index of order) {
        looks.release(index);
        await replays[index];
      }

      expect(await pipeline.truthOf(batch)).toEqual(order[0] === 0 ? JUDGED_BEFORE : JUDGED_AFTER);
      expect(await pipeline.spool.list('verdicts/')).toHaveLength(1);
      expect(await pipeline.spooled()).toEqual([]);
      expect(await pipeline.deadLetters()).toEqual([]);
    },
  );

  test('is replayed by one that stops between its two inserts, and then, with the table changed, by another', async () => {
    const batch = makeBatch(MIXED);
    await sendCold(batch, reset);
    const [stopped, goOn] = [gate(), gate()];
    pipeline.proxy.set(ROWS_INSERT, async (forward) => {
      stopped.open();
      await goOn.opened;
      return forward();
    });

    const slow = replayAlone(batch, 1);
    await stopped.opened;
    pipeline.proxy.clear();
    await pipeline.alter(ADD_CAMPAIGN);
    await replayAlone(batch, 2);
    goOn.open();
    await slow;

    expect(await pipeline.truthOf(batch)).toEqual(JUDGED_BEFORE);
    expect(await pipeline.spooled()).toEqual([]);
  });

  test('is replayed by two that saw different tables and go on together: one of their verdicts stands', async () => {
    const batch = makeBatch(MIXED);
    await sendCold(batch, reset);
    const looks = holdLooks();

    const before = replayAlone(batch, 1);
    await looks.arrived(0);
    await pipeline.alter(ADD_CAMPAIGN);
    const after = replayAlone(batch, 2);
    await looks.arrived(1);
    looks.release(0);
    looks.release(1);
    await Promise.all([before, after]);

    expect([JUDGED_BEFORE, JUDGED_AFTER]).toContainEqual(await pipeline.truthOf(batch));
    expect(await pipeline.spool.list('verdicts/')).toHaveLength(1);
  });
});

async function sendCold(batch: TestBatch, fault: Fault) {
  pipeline.proxy.set(ANY, fault);
  const answer = await pipeline.coldContainer().send(batch);
  pipeline.proxy.clear();
  return answer;
}

async function readVerdict({ key }: TestBatch): Promise<string | undefined> {
  const object = await pipeline.spool.read(`verdicts/${key}`, AbortSignal.timeout(5_000));
  return object?.toString();
}

/** One delivery of the batch's notification to a replay function of its own. */
async function replayAlone({ spoolName }: TestBatch, receives: number) {
  const at = pipeline.now();
  const body = spoolNotification(spoolName, at, 1);
  const message = {
    id: 'message',
    receiptHandle: `message.${receives}`,
    body,
    receives,
    sentAt: at,
    firstReceivedAt: at,
  };
  return pipeline.anotherReplay()({ Records: [sqsRecord(message)] });
}

/** Keeps every answer about a table's columns back until it is released. */
function holdLooks() {
  const gates = [gate(), gate()];
  const answered = [gate(), gate()];
  let looks = 0;
  pipeline.proxy.set(DESCRIBE, async (forward) => {
    const index = looks++;
    const reply = await forward();
    answered[index]?.open();
    await gates[index]?.opened;
    return reply;
  });
  return {
    arrived: (index: number) => answered[index]?.opened,
    release: (index: number) => gates[index]?.open(),
  };
}

function gate() {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  return { opened, open: () => resolve() };
}
