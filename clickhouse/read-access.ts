import type { ClickHouseClient } from '@clickhouse/client';
import { profileOf, quotaOf, roleOf } from '../config/accounts.ts';
import { type AccessFact, existsFact } from './access-facts.ts';
import {
  grantedOf,
  limitOf,
  QUOTAS,
  type QuotaRow,
  RIGHTS,
  type RightRow,
  ROLES,
  type RoleRow,
  rightOf,
  SETTINGS,
  type SettingRow,
  settingOf,
} from './access-rows.ts';

/** What a server knows of the accounts that bear our prefix. */
export interface ServerAccess {
  readonly users: readonly string[];
  readonly facts: readonly AccessFact[];
  /** Statements that put right what those of the configuration leave as it is. */
  readonly repairs: readonly string[];
}

/** The server takes no users by SQL. */
export class AccessStorageError extends Error {
  override readonly name = 'AccessStorageError';
  readonly code = 'ACCESS_STORAGE_READONLY';

  constructor() {
    super(
      'This ClickHouse keeps its users in files only (system.user_directories): expected a storage that takes CREATE USER. ' +
        'On a server, enable access_control_path. The embedded engine of `npm start` has none: its accounts are made from ' +
        'edgehouse.config.ts when it starts.',
    );
  }
}

/**
 * Reads users, roles, rights, settings profiles and quotas from the system tables.
 *
 * @param client of an account that may SHOW ACCESS
 * @param userPrefix begins the names of our users
 * @throws AccessStorageError, and the errors of the client
 */
export async function readAccess(client: ClickHouseClient, userPrefix: string): Promise<ServerAccess> {
  const rows = async <Row>(query: string, params: Readonly<Record<string, unknown>> = {}): Promise<readonly Row[]> => {
    const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
    return result.json<Row>();
  };
  const storages = await rows(`SELECT name FROM system.user_directories WHERE type != 'users_xml'`);
  if (storages.length === 0) throw new AccessStorageError();

  const pattern = `^${userPrefix}_(writer|inspector|operator|reader_[a-z0-9_]+)$`;
  const users = (
    await rows<{ readonly name: string }>(
      'SELECT name FROM system.users WHERE match(name, {pattern:String}) ORDER BY name',
      { pattern },
    )
  ).map(({ name }) => name);
  const ours = (nameOf: (user: string) => string) => users.map(nameOf);
  const params = { users, roles: ours(roleOf), profiles: ours(profileOf), quotas: ours(quotaOf) };
  const [rights, roles, settings, quotas] = await Promise.all([
    rows<RightRow>(RIGHTS, params),
    rows<RoleRow>(ROLES, params),
    rows<SettingRow>(SETTINGS, params),
    rows<QuotaRow>(QUOTAS, params),
  ]);
  return {
    users,
    facts: [
      ...users.map(existsFact),
      ...rights.map(rightOf),
      ...roles.map(grantedOf),
      ...settings.map(settingOf),
      ...quotas.map(limitOf),
    ],
    repairs: [
      // The one grant of rights to a role replaces rights only.
      ...roles.flatMap(({ role_name, granted_role_name }) =>
        role_name === null ? [] : [`REVOKE ${quoted(granted_role_name)} FROM ${quoted(role_name)}`],
      ),
      ...new Set(
        settings.flatMap(({ role_name }) =>
          role_name === null ? [] : [`ALTER ROLE ${quoted(role_name)} SETTINGS NONE`],
        ),
      ),
      ...new Set(
        roles.flatMap(({ user_name, granted_role_is_default }) =>
          user_name === null || granted_role_is_default === 1
            ? []
            : [`ALTER USER ${quoted(user_name)} DEFAULT ROLE ALL`],
        ),
      ),
    ],
  };
}

function quoted(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
