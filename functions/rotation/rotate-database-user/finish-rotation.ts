import { addMethod, keepMethods } from './authentication-sql.ts';
import { passwordHash } from './database-password.ts';
import { findAdministrator } from './find-administrator.ts';
import { RotationRefusedError } from './rotation-refused-error.ts';
import { CURRENT, PENDING, PREVIOUS } from './rotation-store.ts';
import { OVERLAP_MS, type RotationTools } from './rotation-tools.ts';
import { holderOf, readCredential, readPair, sameUser } from './user-versions.ts';

/**
 * `finishSecret`, as long as the version is pending: makes the password last, then makes it the current one. In this order, for a
 * current password must never be one that expires.
 */
export async function finishRotation(
  secret: string,
  versions: { readonly current: string; readonly pending: string },
  tools: RotationTools,
): Promise<void> {
  const { pending } = await readPair(tools.store, secret, versions);
  if (!(await tools.database.logsIn(pending))) throw new RotationRefusedError(secret, 'pending password refused');
  const administrator = await findAdministrator(secret, pending, tools);
  const lasting = addMethod(pending.username, { hash: passwordHash(pending.password) });
  await tools.database.change(administrator, lasting);
  await tools.store.moveCurrent(secret, versions.current, versions.pending).catch(async (error: unknown) => {
    // An attempt beside this one, or one whose answer was lost, may have moved it.
    if (holderOf(await tools.store.describe(secret), CURRENT) !== versions.pending) throw error;
  });
  await retireOthers(secret, versions.pending, tools);
}

/**
 * `finishSecret`, the rest: the current password stays, the one before it expires when nobody can have it in a cache any more, and
 * whatever else the user had is gone. Run again, it does the same; an old password that has died stays dead.
 */
export async function retireOthers(secret: string, version: string, tools: RotationTools): Promise<void> {
  const before = await tools.store.describe(secret);
  const current = await readCredential(tools.store, secret, version);
  if (current === undefined) throw new RotationRefusedError(secret, 'no current version');
  if (tools.rights(current.username) === undefined) throw new RotationRefusedError(secret, 'user unknown');
  const last = holderOf(before, PREVIOUS);
  const previous = last === undefined ? undefined : await readCredential(tools.store, secret, last);
  const overlaps =
    previous !== undefined &&
    sameUser(current, previous) &&
    previous.password !== current.password &&
    (await tools.database.logsIn(previous));
  const old = overlaps ? [{ hash: passwordHash(previous.password), until: tools.clock() + OVERLAP_MS }] : [];
  const administrator = await findAdministrator(secret, current, tools);
  // Asked last, since this statement alone takes something away: a newer rotation may have begun, and it will retire the rest.
  const now = await tools.store.describe(secret);
  const pending = holderOf(now, PENDING) ?? version;
  if (holderOf(now, CURRENT) !== version || pending !== version) return;
  const statement = keepMethods(current.username, [{ hash: passwordHash(current.password) }, ...old]);
  await tools.database.change(administrator, statement);
}
