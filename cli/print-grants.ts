import type { CommandIo } from './command-io.ts';

const HEADER = `-- Users, roles and rights that edgehouse.config.ts asks for. Apply them after the migrations, as an account that may
-- create users: edgehouse grants print | clickhouse client --host HOST --secure --user ADMIN --password
-- or edgehouse grants apply, which also drops the accounts of principals that have left the configuration.
-- A user is created locked, and stays so until the rotation or ALTER USER ... IDENTIFIED gives it a password; a user that
-- exists keeps its own.`;

/** `edgehouse grants print`: the statements, each ended by `;`. */
export async function printGrants(io: Pick<CommandIo, 'out'>): Promise<void> {
  const [{ compileGrants }, { config }] = await Promise.all([import('../config/grants.ts'), import('#config')]);
  io.out(HEADER);
  for (const statement of compileGrants(config)) io.out(`${statement};`);
}
