import { type AdminAccount, createAdminClient } from '../clickhouse/admin-client.ts';
import type { CommandIo } from './command-io.ts';

/**
 * `edgehouse grants apply`: makes the accounts on a server what the configuration asks for, and says of each what became of it.
 *
 * @throws AccessStorageError, and what ClickHouse says of a statement
 */
export async function applyGrants(admin: AdminAccount, io: Pick<CommandIo, 'out'>): Promise<void> {
  const [{ config }, { applyAccess }] = await Promise.all([import('#config'), import('../clickhouse/apply-access.ts')]);
  const client = createAdminClient(admin);
  try {
    const { created, kept, dropped, statements } = await applyAccess(client, config);
    for (const user of dropped) io.out(`dropped ${user}, whom the configuration does not ask for`);
    for (const user of created) io.out(`created ${user}, locked until it is given a password`);
    for (const user of kept) io.out(`kept    ${user}, with its password`);
    io.out(`${statements} statements ran; edgehouse grants diff shows whether the server is as it should be`);
  } finally {
    await client.close();
  }
}
