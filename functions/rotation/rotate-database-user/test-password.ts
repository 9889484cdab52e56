import { RotationRefusedError } from './rotation-refused-error.ts';
import type { RotationTools } from './rotation-tools.ts';
import { readCredential, sameUser } from './user-versions.ts';

/**
 * `testSecret`: proves that the pending password works, and that its user may do what it should and no more. When a schedule is
 * set up, Secrets Manager calls this step alone, with a version that has no value or a copy of the current one: then that is proven.
 */
export async function testPassword(
  secret: string,
  versions: { readonly current: string; readonly pending: string },
  { store, database, rights }: Pick<RotationTools, 'store' | 'database' | 'rights'>,
): Promise<void> {
  const current = await readCredential(store, secret, versions.current);
  if (current === undefined) throw new RotationRefusedError(secret, 'no current version');
  const pending = await readCredential(store, secret, versions.pending);
  if (pending !== undefined && !sameUser(current, pending))
    throw new RotationRefusedError(secret, 'other user or host');
  const proven = pending ?? current;
  const expected = rights(proven.username);
  if (expected === undefined) throw new RotationRefusedError(secret, 'user unknown');
  if (!(await database.logsIn(proven))) {
    throw new RotationRefusedError(
      secret,
      pending === undefined ? 'current password refused' : 'pending password refused',
    );
  }
  await database.prove(proven, expected);
}
