import { type AdminAccount, createAdminClient } from '../clickhouse/admin-client.ts';
import type { CommandIo } from './command-io.ts';

/**
 * `edgehouse grants diff`: what a server has beyond the configuration, and what it lacks, one thing a line.
 *
 * @returns whether there is no difference
 * @throws AccessStorageError, and what ClickHouse says of a query
 */
export async function diffGrants(admin: AdminAccount, io: Pick<CommandIo, 'out'>): Promise<boolean> {
  const [{ config }, { diffAccess }] = await Promise.all([import('#config'), import('../clickhouse/apply-access.ts')]);
  const client = createAdminClient(admin);
  try {
    const differences = await diffAccess(client, config);
    for (const { kind, fact } of differences) io.out(`${kind.padEnd(7)}  ${fact}`);
    const count = differences.length;
    io.out(count === 0 ? 'no difference' : `${count} differences; edgehouse grants apply puts them right`);
    return count === 0;
  } finally {
    await client.close();
  }
}
