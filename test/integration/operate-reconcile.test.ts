import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type OperatorCommands, operatorCommands } from './support/operator-commands.ts';
import { ANALYST, counts, type OperatorStack, startOperatorStack } from './support/operator-stack.ts';
import { until } from './support/until.ts';

const GOOD = { event_time: '2026-11-23T10:00:00Z', path: '/good' };
const SETTLED_MS = 181_000;

let operator: OperatorStack;
let commands: OperatorCommands;

beforeAll(async () => {
  operator = await startOperatorStack();
  commands = operatorCommands(operator);
}, 60_000);
afterAll(() => operator?.close());
beforeEach(() => commands.begin());

describe('reconcile and receipt', () => {
  test('count every declared row once, whatever became of it', async () => {
    const stored = await operator.send([GOOD, GOOD, { ...GOOD, nope: 1 }]);
    await operator.send([{ nope: 1 }]);
    await operator.send([GOOD], 12346);
    await operator.send([GOOD], 99999);

    const { status, out } = await commands.reconcile();
    const told = await commands.receipt(stored);

    expect(status).toBe(0);
    expect(counts(out)).toEqual({
      batches: 2,
      declared: 4,
      stored: 2,
      duplicate: 0,
      quarantined: 2,
      spooled: 0,
      dead: 0,
      missing: 0,
    });
    expect(counts(out, 'web-collector')).toMatchObject({ batches: 1, declared: 1, stored: 1 });
    expect(out.at(-1)).toBe('nothing is missing');
    expect(told.status).toBe(0);
    expect(told.out.join('\n')).toMatch(
      /answered 200 stored at .*3 rows\n {2}declared 3, stored 2, quarantined 1, .*missing 0/,
    );
    expect(told.out.at(-1)).toMatch(/ 2 +3 +FIELD_UNKNOWN +nope$/);
  });

  test('say spooled, not missing, as long as ClickHouse takes nothing, and stored once it does', async () => {
    operator.outage();
    const id = await operator.send([GOOD, GOOD, { ...GOOD, nope: 1 }]);

    const during = await commands.reconcile();
    const told = await commands.receipt(id);
    operator.over();
    await operator.stack.queue.drained();
    const after = await commands.reconcile();

    expect(counts(during.out)).toMatchObject({ declared: 3, stored: 0, spooled: 2, quarantined: 1, missing: 0 });
    expect(during.status).toBe(0);
    expect(told.out.join('\n')).toMatch(/answered 202 spooled[\s\S]* waits in the spool as spool\/[0-9a-f]{64}/);
    expect(told.status).toBe(0);
    expect(counts(after.out)).toMatchObject({ declared: 3, stored: 2, spooled: 0, quarantined: 1, missing: 0 });
    expect(after.status).toBe(0);
  });

  test('find a batch that was told to be stored and is in ClickHouse no more', async () => {
    const kept = await operator.send([GOOD]);
    const gone = await operator.send([GOOD, GOOD]);
    await operator.admin(`ALTER TABLE edgehouse._batches DELETE WHERE batch_id = '${gone}'`);

    const { status, out } = await commands.reconcile();
    const [lost, there] = [await commands.receipt(gone), await commands.receipt(kept)];
    const json = await commands.reconcile('--json');

    expect(status).toBe(1);
    expect(counts(out)).toMatchObject({ batches: 2, declared: 3, stored: 1, missing: 2 });
    expect(out.find((line) => line.startsWith(gone))).toMatch(/ web_events +web-edge +2 +2 +2026\S+ +\S+$/);
    expect(out.at(-1)).toBe('2 rows of 1 batches are missing');
    expect([lost.status, there.status]).toEqual([1, 0]);
    expect(lost.out.join('\n')).toContain('ClickHouse has nothing of it');
    expect(JSON.parse(json.out.join('')).missing).toMatchObject([{ batchId: gone, missing: 2 }]);
  });

  test('find with --tables what a table lost and the ledger still counts, and count no row missing that is there', async () => {
    await operator.send([GOOD, { ...GOOD, nope: 1 }]);
    const lost = await operator.send([GOOD, { ...GOOD, nope: 1 }, { nope: 1 }]);
    const untold = await operator.send([GOOD, GOOD]);
    await operator.admin(`ALTER TABLE edgehouse.quarantine DELETE WHERE _batch_id = '${lost}'`);
    await operator.admin(`ALTER TABLE edgehouse._batches DELETE WHERE batch_id = '${untold}'`);

    const byLedger = await commands.reconcile();
    const byTables = await commands.reconcile('--tables');

    expect(counts(byLedger.out)).toMatchObject({ declared: 7, stored: 2, quarantined: 3, missing: 2 });
    expect(byLedger.out.find((line) => line.startsWith(untold))).toBeDefined();
    expect(counts(byTables.out)).toMatchObject({ declared: 7, stored: 4, duplicate: 0, quarantined: 1, missing: 2 });
    expect(byTables.out.find((line) => line.startsWith(lost))).toMatch(/ web_events +web-edge +2 +3 /);
    expect(byTables.out.at(-1)).toBe('2 rows of 1 batches are missing');
    expect(byTables.status).toBe(1);
  });

  test('find a batch of which only a part arrived, though its sender was told of nothing', async () => {
    const id = randomUUID();
    const at = new Date(operator.now()).toISOString().replace(/[TZ]/g, ' ').trim();
    await operator.admin(`INSERT INTO edgehouse.web_events (path, event_time, _batch_id, _batch_digest, _batch_rows, _row, _principal, _received_at)
      VALUES ('/half', now(), '${id}', 'd', 5, 0, 'web-edge', '${at}')`);

    const onItsWay = await commands.reconcile();
    operator.wait(SETTLED_MS);
    const settled = await commands.reconcile();

    expect([onItsWay.status, onItsWay.out]).toEqual([0, ['no batches']]);
    expect(counts(settled.out)).toMatchObject({ batches: 1, declared: 5, stored: 1, missing: 4 });
    expect(settled.status).toBe(1);
    // So that the next test does not find it.
    await operator.admin(`ALTER TABLE edgehouse._batches DELETE WHERE batch_id = '${id}'`);
  });

  test('know a batch by its id alone, and say so where there is none', async () => {
    const { status, out } = await commands.receipt(randomUUID());

    expect(status).toBe(1);
    expect(out[0]).toMatch(/^no batch .* was kept since /);
  });

  test('tell a reader of the ledger as much as it may know', async () => {
    const id = await operator.send([GOOD, { ...GOOD, nope: 1 }]);

    const { status, out } = await operator.run(['receipt', id, ...commands.data, ...commands.clickhouse], {
      as: ANALYST,
    });

    expect(status).toBe(0);
    expect(out.join('\n')).toMatch(/stored 1, quarantined 1.*\n.*this account may not read the quarantine$/);
  });

  test('find nothing missing after ClickHouse was killed while batches came in', async () => {
    const killed = operator.engine.pid() ?? 0;
    const sending = Array.from({ length: 6 }, (_, at) => operator.send([GOOD, { ...GOOD, path: `/${at}` }]));
    process.kill(killed, 'SIGKILL');
    await Promise.all(sending);
    await until(() => operator.engine.pid() !== undefined && operator.engine.pid() !== killed);
    operator.over();
    await operator.stack.queue.drained();

    const { status, out } = await commands.reconcile();

    expect(counts(out)).toMatchObject({ batches: 6, declared: 12, stored: 12, duplicate: 0, spooled: 0, missing: 0 });
    expect(status).toBe(0);
  });
});
