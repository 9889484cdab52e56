import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type OperatorCommands, operatorCommands } from './support/operator-commands.ts';
import { counts, type OperatorStack, startOperatorStack } from './support/operator-stack.ts';
import { until } from './support/until.ts';

const GOOD = { event_time: '2026-11-23T10:00:00Z', path: '/good' };

let operator: OperatorStack;
let commands: OperatorCommands;

beforeAll(async () => {
  operator = await startOperatorStack();
  commands = operatorCommands(operator);
}, 60_000);
afterAll(() => operator?.close());
beforeEach(() => commands.begin());

const objects = () => readdir(join(operator.dataDir, 'objects/spool'));
const pathOf = (file: string) => join(operator.dataDir, 'objects/spool', file);

/** Whether the last attempt to replay an object has ended so. */
async function hasReplayed(file: string, outcome: string): Promise<boolean> {
  const lines = (await readFile(operator.stack.auditFile, 'utf8')).split('\n');
  const last = lines.findLast((line) => line.includes(`"object":"spool/${file}"`));
  return last?.includes(`"outcome":"${outcome}"`) ?? false;
}

/** A batch that lies in the spool, and of which no message tells: the queue has lost it. */
async function losesMessage(rows: readonly object[]): Promise<{ readonly id: string; readonly file: string }> {
  operator.outage();
  const id = await operator.send(rows);
  const [file = ''] = await objects();
  await rename(pathOf(file), `${operator.dataDir}/aside`);
  await operator.stack.queue.drained();
  await rename(`${operator.dataDir}/aside`, pathOf(file));
  operator.over();
  return { id, file };
}

describe('spool', () => {
  test('ls shows whose batches wait, how many of their rows were refused, and what the ledger has of them', async () => {
    operator.outage();
    const [mine, other] = [await operator.send([GOOD, { ...GOOD, nope: 1 }]), await operator.send([GOOD], 12346)];

    const all = await commands.spool('ls', ...commands.clickhouse);
    const one = await commands.spool('ls', '--principal', 'web-collector');
    operator.over();
    await operator.stack.queue.drained();
    const none = await commands.spool('ls');

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

    const young = await commands.spool('sweep');
    const dry = await commands.spool('sweep', '--older', '0s', ...commands.clickhouse);
    const lying = await objects();
    const done = await commands.spool('sweep', '--older', '0s', '--apply');
    await until(async () => (await objects()).length === 0);

    expect(young.out[0]).toMatch(/^0 objects/);
    expect(dry.out[1]).toMatch(new RegExp(`${id} +2 +0 refused +nothing +waits$`));
    expect(lying).toHaveLength(1);
    expect(done.out.at(-1)).toBe('1 announced to replay');
    expect(counts((await commands.reconcile()).out)).toMatchObject({
      declared: 2,
      stored: 2,
      duplicate: 0,
      missing: 0,
    });
  });

  test('sweep takes away what was stored already, and stores nothing twice', async () => {
    operator.outage();
    await operator.send([GOOD]);
    const [file = ''] = await objects();
    const bytes = await readFile(pathOf(file));
    operator.over();
    await operator.stack.queue.drained();
    // As if replay had been killed between the insert and the removal.
    await writeFile(pathOf(file), bytes);

    const dry = await commands.spool('sweep', '--older', '0s', ...commands.clickhouse);
    operator.wait(3_600_000 / 4);
    await commands.spool('sweep', '--older', '0s', '--apply');
    await until(async () => (await objects()).length === 0);

    expect(dry.out[1]).toMatch(/ all +waits$/);
    expect(counts((await commands.reconcile()).out)).toMatchObject({
      declared: 1,
      stored: 1,
      duplicate: 0,
      missing: 0,
    });
  });

  test('replay has a dead letter tried again, which sweep leaves to a person', async () => {
    const { file } = await losesMessage([GOOD]);
    const bytes = await readFile(pathOf(file));
    await writeFile(pathOf(file), Buffer.concat([bytes, Buffer.from('!')]));
    await commands.spool('replay', '--object', `spool/${file}`, '--apply');
    await until(() => operator.stack.queue.dead() === 1);

    const [listed, swept] = [await commands.spool('ls'), await commands.spool('sweep', '--older', '0s', '--apply')];
    const reconciled = await commands.reconcile();
    const erased = await commands.spool('purge', '--principal', 'web-collector', '--erase', '--apply');
    await writeFile(pathOf(file), bytes);
    operator.outage();
    await commands.spool('replay', '--object', `spool/${file}`, '--apply');
    await until(() => hasReplayed(file, 'waiting'));
    const revived = await commands.spool('ls');
    operator.over();
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
    expect(counts((await commands.reconcile()).out)).toMatchObject({ declared: 1, stored: 1, missing: 0 });
  });

  test('purge takes the batches of one principal away, and reconcile tells what that cost', async () => {
    operator.outage();
    await operator.send([GOOD, GOOD]);
    const [file = ''] = await objects();
    await operator.send([GOOD], 12346);

    const dry = await commands.spool('purge', '--principal', 'web-edge', '--erase');
    const lying = await objects();
    const done = await commands.spool('purge', '--principal', 'web-edge', '--erase', '--apply');
    // A replay that has read it already is not stopped.
    await until(() => hasReplayed(file, 'gone'));
    operator.over();
    await operator.stack.queue.drained();
    const { status, out } = await commands.reconcile();

    expect(dry.out.at(-1)).toBe('Remove them with --apply: nobody can store them after that.');
    expect(lying).toHaveLength(2);
    expect(done.out.at(-1)).toBe('1 removed');
    expect(status).toBe(1);
    expect(counts(out)).toMatchObject({ declared: 2, stored: 0, missing: 2 });
    expect(counts(out, 'web-collector')).toMatchObject({ declared: 1, stored: 1, missing: 0 });
  });
});
