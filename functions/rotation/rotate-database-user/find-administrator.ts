import type { ClickHouseCredential } from '../../ingest/clickhouse-credential.ts';
import { RotationRefusedError } from './rotation-refused-error.ts';
import type { RotationTools } from './rotation-tools.ts';

/** The administrator that may change this user. @throws RotationRefusedError where it is another service's, or the user itself */
export async function findAdministrator(
  secret: string,
  user: ClickHouseCredential,
  { administrator }: Pick<RotationTools, 'administrator'>,
): Promise<ClickHouseCredential> {
  const found = await administrator();
  if (new URL(found.url).origin !== new URL(user.url).origin) {
    throw new RotationRefusedError(secret, 'administrator of another host');
  }
  if (found.username === user.username) throw new RotationRefusedError(secret, 'user is the administrator');
  return found;
}
