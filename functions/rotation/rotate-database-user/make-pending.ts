import { RotationRefusedError } from './rotation-refused-error.ts';
import type { RotationTools } from './rotation-tools.ts';
import { readCredential } from './user-versions.ts';

/** `createSecret`: gives the pending version a new password, if it has none yet. */
export async function makePending(
  secret: string,
  versions: { readonly current: string; readonly pending: string },
  { store, newPassword }: Pick<RotationTools, 'store' | 'newPassword'>,
): Promise<void> {
  const current = await readCredential(store, secret, versions.current);
  if (current === undefined) throw new RotationRefusedError(secret, 'no current version');
  if ((await store.readVersion(secret, versions.pending)) !== undefined) return;
  const { url, username } = current;
  const pending = JSON.stringify({ url, username, password: newPassword() });
  await store.putPending(secret, versions.pending, pending);
}
