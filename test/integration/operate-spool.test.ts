import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROWS_INSERT, reset } from '../faults/support/fault-proxy.ts';
import { ANALYST, counts, type OperatorStack, startOperatorStack } from './support/operator-stack.ts';

const GOOD = { event_time: '2026-11-23T10:00:00Z', path: '/good' };
const BREAKER_MS = 31_000;
const SETTLED_MS = 181_000;

let operator: OperatorStack;
let since: string;

beforeAll(async () => {
  operator = await startOperatorStack();
}, 60_000);
afterAll(() => operator?.close());
beforeEach(() => {
  // What the test before it left is an older matter.
  operator.wait(1_000);
  since = new Date(operator.now()).toISOString();
});

const data = () => ['--data', operator.dataDir];
const clickhouse = () => ['--clickhouse', operator.engine.url];
const spool = (action: string, ...more: readonly string[]) => operator.run(['spool', action, ...data(), ...more]);
const reconcile = (...more: readonly string[]) => {
  return operator.run(['reconcile', '--since', since, ...data(), ...clickhouse(), ...more]);
};
const receipt = (id: string) => operator.run(['receipt', id, ...data(), ...clickhouse(), '--since', since]);
const objects = () => readdir(join(operator.dataDir, 'objects/spool'));
const pathOf = (file: string) => join(operator.dataDir, 'objects/spool', file);

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not happen within 20 s');
    await setTimeout(20);
  }
}

/** ClickHouse takes no row. */
function outage(): void {
  operator.proxy.set(ROWS_INSERT, reset);
}
function over(): void {
  operator.proxy.clear();
  operator.wait(BREAKER_MS);
}

/** Whether the last attempt to replay an object has ended so. */
async function hasReplayed(file: string, outcome: string): Promise<boolean> {
  const lines = (await readFile(operator.stack.auditFile, 'utf8')).split('\n');
  const last = lines.findLast((line) => line.includes(`"object":"spool/${file}"`));
  return last?.includes(`"outcome":"${outcome}"`) ?? false;
}

/** A batch that lies in the spool, and of which no message tells: the queue has lost it. */
async function losesMessage(rows: readonly object[]): Promise<{ readonly id: string; readonly file: string }> {
  outage();
  const id = await operator.send(rows);
  const [file = ''] = await objects();
  await rename(pathOf(file), `${operator.dataDir}/aside`);
  await operator.stack.queue.drained();
  await rename(`${operator.dataDir}/aside`, pathOf(file));
  over();
  return { id, file };
}

describe('reconcile and receipt', () => {
  test('count every declared row once, whatever became of it', async () => {
    const stored = await operator.send([GOOD, GOOD, { ...GOOD, nope: 1 }]);
    await operator.send([{ nope: 1 }]);
    await operator.send([GOOD], 12346);
    await operator.send([GOOD], 99999);

    const { status, out } = await reconcile();
    const told = await receipt(stored);

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
    outage();
    const id = await operator.send([GOOD, GOOD, { ...GOOD, nope: 1 }]);

    const during = await reconcile();
    const told = await receipt(id);
    over();
    await operator.stack.queue.drained();
    const after = await reconcile();

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

    const { status, out } = await reconcile();
    const [lost, there] = [await receipt(gone), await receipt(kept)];
    const json = await reconcile('--json');

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

    const byLedger = await reconcile();
    const byTables = await reconcile('--tables');

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

    const onItsWay = await reconcile();
    operator.wait(SETTLED_MS);
    const settled = await reconcile();

    expect([onItsWay.status, onItsWay.out]).toEqual([0, ['no batches']]);
    expect(counts(settled.out)).toMatchObject({ batches: 1, declared: 5, stored: 1, missing: 4 });
    expect(settled.status).toBe(1);
    // So that the next test does not find it.
    await operator.admin(`ALTER TABLE edgehouse._batches DELETE WHERE batch_id = '${id}'`);
  });

  test('know a batch by its id alone, and say so where there is none', async () => {
    const { status, out } = await receipt(randomUUID());

    expect(status).toBe(1);
    expect(out[0]).toMatch(/^no batch .* was kept since /);
  });

  test('tell a reader of the ledger as much as it may know', async () => {
    const id = await operator.send([GOOD, { ...GOOD, nope: 1 }]);

    const { status, out } = await operator.run(['receipt', id, ...data(), ...clickhouse()], { as: ANALYST });

    expect(status).toBe(0);
    expect(out.join('\n')).toMatch(/stored 1, quarantined 1.*\n.*this account may not read the quarantine$/);
  });

  test('find nothing missing after ClickHouse was killed while batches came in', async () => {
    const killed = operator.engine.pid() ?? 0;
    const sending = Array.from({ length: 6 }, (_, at) => operator.send([GOOD, { ...GOOD, path: `/${at}` }]));
    process.kill(killed, 'SIGKILL');
    await Promise.all(sending);
    await until(() => operator.engine.pid() !== undefined && operator.engine.pid() !== killed);
    over();
    await operator.stack.queue.drained();

    const { status, out } = await reconcile();

    expect(counts(out)).toMatchObject({ batches: 6, declared: 12, stored: 12, duplicate: 0, spooled: 0, missing: 0 });
    expect(status).toBe(0);
  });
});

describe('spool', () => {
  test('ls shows whose batches wait, how many of their rows were refused, and what the ledger has of them', async () => {
    outage();
    const [mine, other] = [await operator.send([GOOD, { ...GOOD, nope: 1 }]), await operator.send([GOOD], 12346)];

    const all = await spool('ls', ...clickhouse());
    const one = await spool('ls', '--principal', 'web-collector');
    over();
    await operator.stack.queue.drained();
    const none = await spool('ls');

    expect(all.out.find((line) => line.includes(mine))).toMatch(
      /web_events +web-edge .* 2 +1 refused +all but 1 +waits$/,
    );
    expect(all.out.find((line) => line.includes(other))).toMatch(/web-collector .* 1 +0 refused +nothing +waits$/);
    expect(all.out.at(-1)).toMatch(/^2 objects of \d+ bytes, 0 of them dead letters$/);
    expect(one.out).toHaveLength(3);
    expect(none.out).toEqual(['0 objects of 0 bytes, 0 of them dead letters']);
  });

  test('of a folder that no stack keeps is not made', async () => {
    const { status, err } = await operator.run(['spool', 'ls', '--data', join(operator.dataDir, 'other')]);

    expect(status).toBe(1);
    expect(err[0]).toMatch(/STACK_FOLDER_UNKNOWN: No local stack keeps its data in /);
    expect(await readdir(operator.dataDir)).not.toContain('other');
  });

  test('sweep finds a batch whose message is lost, and has it stored once', async () => {
    const { id } = await losesMessage([GOOD, GOOD]);

    const young = await spool('sweep');
    const dry = await spool('sweep', '--older', '0s', ...clickhouse());
    const lying = await objects();
    const done = await spool('sweep', '--older', '0s', '--apply');
    await until(async () => (await objects()).length === 0);

    expect(young.out[0]).toMatch(/^0 objects/);
    expect(dry.out[1]).toMatch(new RegExp(`${id} +2 +0 refused +nothing +waits$`));
    expect(lying).toHaveLength(1);
    expect(done.out.at(-1)).toBe('1 announced to replay');
    expect(counts((await reconcile()).out)).toMatchObject({ declared: 2, stored: 2, duplicate: 0, missing: 0 });
  });

  test('sweep takes away what was stored already, and stores nothing twice', async () => {
    outage();
    await operator.send([GOOD]);
    const [file = ''] = await objects();
    const bytes = await readFile(pathOf(file));
    over();
    await operator.stack.queue.drained();
    // As if replay had been killed between the insert and the removal.
    await writeFile(pathOf(file), bytes);

    const dry = await spool('sweep', '--older', '0s', ...clickhouse());
    operator.wait(3_600_000 / 4);
    await spool('sweep', '--older', '0s', '--apply');
    await until(async () => (await objects()).length === 0);

    expect(dry.out[1]).toMatch(/ all +waits$/);
    expect(counts((await reconcile()).out)).toMatchObject({ declared: 1, stored: 1, duplicate: 0, missing: 0 });
  });

  test('replay has a dead letter tried again, which sweep leaves to a person', async () => {
    const { file } = await losesMessage([GOOD]);
    const bytes = await readFile(pathOf(file));
    await writeFile(pathOf(file), Buffer.concat([bytes, Buffer.from('!')]));
    await spool('replay', '--object', `spool/${file}`, '--apply');
    await until(() => operator.stack.queue.dead() === 1);

    const [listed, swept] = [await spool('ls'), await spool('sweep', '--older', '0s', '--apply')];
    const reconciled = await reconcile();
    const erased = await spool('purge', '--principal', 'web-collector', '--erase', '--apply');
    await writeFile(pathOf(file), bytes);
    outage();
    await spool('replay', '--object', `spool/${file}`, '--apply');
    await until(() => hasReplayed(file, 'waiting'));
    const revived = await spool('ls');
    over();
    await until(async () => (await objects()).length === 0);

    expect(listed.out[1]).toMatch(/ - +- +- +OBJECT_TAMPERED$/);
    expect(reconciled.status).toBe(1);
    expect(counts(reconciled.out)).toMatchObject({ declared: 1, stored: 0, spooled: 0, dead: 1, missing: 0 });
    expect(reconciled.out.join('\n')).toContain('1 rows wait for a person');
    // Whose it was, nobody can know any more.
    expect(erased.status).toBe(1);
    expect(erased.out.join('\n')).toContain('1 more versions cannot be opened');
    expect(swept.out).toEqual(['0 objects of 0 bytes, 0 of them dead letters', '0 announced to replay']);
    expect(revived.out[1]).toMatch(/ waits$/);
    expect(operator.stack.queue.dead()).toBe(0);
    expect(counts((await reconcile()).out)).toMatchObject({ declared: 1, stored: 1, missing: 0 });
  });

  test('purge takes the batches of one principal away, and reconcile tells what that cost', async () => {
    outage();
    await operator.send([GOOD, GOOD]);
    const [file = ''] = await objects();
    await operator.send([GOOD], 12346);

    const dry = await spool('purge', '--principal', 'web-edge', '--erase');
    const lying = await objects();
    const done = await spool('purge', '--principal', 'web-edge', '--erase', '--apply');
    // A replay that has read it already is not stopped.
    await until(() => hasReplayed(file, 'gone'));
    over();
    await operator.stack.queue.drained();
    const { status, out } = await reconcile();

    expect(dry.out.at(-1)).toBe('Remove them with --apply: nobody can store them after that.');
    expect(lying).toHaveLength(2);
    expect(done.out.at(-1)).toBe('1 removed');
    expect(status).toBe(1);
    expect(counts(out)).toMatchObject({ declared: 2, stored: 0, missing: 2 });
    expect(counts(out, 'web-collector')).toMatchObject({ declared: 1, stored: 1, missing: 0 });
  });
});
