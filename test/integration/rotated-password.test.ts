import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { keepMethods } from '../../functions/rotation/rotate-database-user/authentication-sql.ts';
import { passwordHash } from '../../functions/rotation/rotate-database-user/database-password.ts';
import { type RotationRig, SECRET, startRotationRig, TOKEN, USERS } from '../faults/support/rotation-rig.ts';

let rig: RotationRig;

beforeAll(async () => {
  rig = await startRotationRig();
});
afterAll(() => rig?.stop());

test('batches whose password is dead all at once are stored: the container asks for the new one, and once for all of them', async () => {
  await rig.begin(USERS.writer);
  const container = rig.container();
  const before = await container.write();
  const password = 'written-by-hand-0';
  const value = JSON.stringify({ url: rig.proxy.url, username: USERS.writer, password });
  await rig.store.putPending(SECRET, TOKEN, value);
  await rig.store.moveCurrent(SECRET, 'first', TOKEN);
  await rig.admin.command({ query: keepMethods(USERS.writer, [{ hash: passwordHash(password) }]) });
  const read = jest.spyOn(rig.store, 'read');

  const statuses = await Promise.all(Array.from({ length: 8 }, () => container.write()));

  expect([before, ...statuses]).toEqual(Array(9).fill(200));
  expect(read).toHaveBeenCalledTimes(1);
  await container.close();
});
