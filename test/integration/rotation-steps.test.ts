import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keepMethods } from '../../functions/rotation/rotate-database-user/authentication-sql.ts';
import { passwordHash } from '../../functions/rotation/rotate-database-user/database-password.ts';
import { CANDIDATE_MS, OVERLAP_MS } from '../../functions/rotation/rotate-database-user/rotation-tools.ts';
import { type RotationRig, SECRET, startRotationRig, TOKEN, USERS } from '../faults/support/rotation-rig.ts';
import { scanForSecrets } from '../faults/support/scan-for-secrets.ts';

let rig: RotationRig;

beforeAll(async () => {
  rig = await startRotationRig();
});
afterAll(() => rig?.stop());

const ACCOUNTS = [USERS.writer, USERS.inspector, ...Object.values(USERS.readers)];

describe.each(ACCOUNTS)('the password of %s', (user) => {
  test('is replaced in four steps, the old one outlives the caches and no more', async () => {
    const first = await rig.begin(user);
    const rotated = rig.count('RotationSucceeded');

    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) await rig.rotate(step);
    const second = await rig.currentPassword();

    expect(second).not.toBe(first);
    expect(rig.count('RotationSucceeded')).toBe(rotated + 1);
    expect([await rig.logsIn(user, first), await rig.logsIn(user, second)]).toEqual([true, true]);
    await rig.advance(OVERLAP_MS - 1000);
    expect([await rig.logsIn(user, first), await rig.logsIn(user, second)]).toEqual([true, true]);
    await rig.advance(2000);
    expect([await rig.logsIn(user, first), await rig.logsIn(user, second)]).toEqual([false, true]);
    await rig.advance(2 * CANDIDATE_MS);
    expect(await rig.logsIn(user, second)).toBe(true);
  });

  test('is proven as it is when a schedule is set up: with an empty version, or a copy of the current one', async () => {
    await rig.begin(user);

    const empty = await rig.rotate('testSecret');
    await rig.store.putPending(SECRET, TOKEN, await rig.store.read(SECRET));
    const copied = await rig.rotate('testSecret');

    expect([empty, copied]).toEqual(['done', 'done']);
  });

  test('that is pending dies after a day where nothing becomes of it, and is set again by another attempt', async () => {
    const first = await rig.begin(user);
    await rig.rotate('createSecret');
    await rig.rotate('setSecret');
    const pending = JSON.parse((await rig.store.readVersion(SECRET, TOKEN)) ?? '{}').password;

    const alive = await rig.logsIn(user, pending);
    await rig.advance(CANDIDATE_MS);
    const dead = await rig.logsIn(user, pending);
    await rig.rotate('setSecret');

    expect([alive, dead]).toEqual([true, false]);
    expect([await rig.logsIn(user, first), await rig.logsIn(user, pending)]).toEqual([true, true]);
  });
});

describe('the right to change passwords', () => {
  test.each(ACCOUNTS)('is none of %s, not even for its own', async (user) => {
    const password = await rig.begin(user);
    const account = { url: rig.proxy.url, username: user, password };
    const statement = keepMethods(user, [{ hash: passwordHash('mine') }]);

    const refused = rig.tools.database.change(account, statement);

    await expect(refused).rejects.toMatchObject({ clickhouseCode: 497 });
    expect([await rig.logsIn(user, password), await rig.logsIn(user, 'mine')]).toEqual([true, false]);
  });

  test('is proven to be missing: a user that may do more than the config says is not rotated to', async () => {
    await rig.begin(USERS.writer);
    const wide = { statements: [], has: [], hasNot: ['INSERT ON edgehouse.web_events'] };
    const narrow = { statements: ['SELECT * FROM edgehouse.web_events LIMIT 0'], has: [], hasNot: [] };

    const proofs = await Promise.allSettled(
      [wide, narrow].map((rights) => rig.rotate('testSecret', { ...rig.tools, rights: () => rights })),
    );

    expect(proofs.map((proof) => (proof.status === 'rejected' ? String(proof.reason) : 'proven'))).toEqual([
      expect.stringContaining('user edgehouse_writer may INSERT ON edgehouse.web_events, other than the config'),
      expect.stringContaining('user edgehouse_writer may not SELECT * FROM edgehouse.web_events LIMIT 0'),
    ]);
  });
});

test('no secret is in anything that these steps logged, counted, threw, printed or sent as SQL, in any encoding', async () => {
  const first = await rig.begin(USERS.writer);
  await rig.rotate('createSecret');
  await expect(rig.rotate('finishSecret')).rejects.toThrow('was not rotated');
  const record = rig.record();

  expect(['was not rotated', 'ALTER USER', 'CHECK GRANT'].filter((word) => !record.includes(word))).toEqual([]);
  expect(scanForSecrets(record, rig.secrets())).toEqual([]);
  expect(scanForSecrets(`${record}${encodeURIComponent(first)}`, rig.secrets())).toHaveLength(1);
});
