import { addMethod } from './authentication-sql.ts';
import { passwordHash } from './database-password.ts';
import { findAdministrator } from './find-administrator.ts';
import { RotationRefusedError } from './rotation-refused-error.ts';
import { CANDIDATE_MS, type RotationTools } from './rotation-tools.ts';
import { readPair } from './user-versions.ts';

/** The replicas of a Cloud service learn of a change one after the other. */
const LOGIN_ATTEMPTS = 5;
const LOGIN_PAUSE_MS = 1000;

/**
 * `setSecret`: has ClickHouse take the pending password beside the current one, for a day. It only ever adds, so that an attempt
 * which comes late, or twice, takes nothing away.
 */
export async function setPassword(
  secret: string,
  versions: { readonly current: string; readonly pending: string },
  tools: RotationTools,
): Promise<void> {
  const { current, pending } = await readPair(tools.store, secret, versions);
  if (tools.rights(pending.username) === undefined) throw new RotationRefusedError(secret, 'user unknown');
  if (await tools.database.logsIn(pending)) return;
  // Whoever can write the secret could else have us set a password for a user that is not theirs.
  if (!(await tools.database.logsIn(current))) throw new RotationRefusedError(secret, 'current password refused');
  const administrator = await findAdministrator(secret, pending, tools);
  const method = { hash: passwordHash(pending.password), until: tools.clock() + CANDIDATE_MS };
  await tools.database.change(administrator, addMethod(pending.username, method));
  for (let attempt = 1; !(await tools.database.logsIn(pending)); attempt++) {
    if (attempt === LOGIN_ATTEMPTS) throw new RotationRefusedError(secret, 'pending password refused');
    await tools.pause(LOGIN_PAUSE_MS);
  }
}
