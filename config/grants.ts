import { accountSql, dropAccountSql } from './account-sql.ts';
import { type AccountOptions, accountsOf } from './accounts.ts';
import { GrantsError } from './grants-error.ts';
import { readableRelations } from './readable-relations.ts';
import type { ConfigSections } from './schema.ts';
import { DEFAULT_USER_PREFIX, readerUser, sqlUsers } from './sql-users.ts';

type Policy = Pick<ConfigSections, 'clickhouse' | 'principals' | 'streams'>;

/**
 * Everything that ClickHouse must be told about the policy, for an administrator to run after the migrations: first the views of
 * row filters, then the accounts. One statement each, without a semicolon. Running them again changes nothing; running those of a
 * changed policy takes back whatever it no longer allows, and drops the account of a principal that may read nothing any more. Of a
 * principal that left the config altogether they know nothing: `edgehouse grants apply` finds its account on the server.
 *
 * @throws GrantsError (`GRANTS_INVALID`) where the prefix, a password hash or its user is not usable
 */
export function compileGrants(config: Policy, options: AccountOptions = {}): readonly string[] {
  const { readers } = sqlUsers(config, options);
  const readless = byName(config.principals).filter(({ name }) => !Object.hasOwn(readers, name));
  return [
    ...readless.flatMap(({ name }) => dropAccountSql(readerUser(name, options.userPrefix ?? DEFAULT_USER_PREFIX))),
    ...compileRowFilterViews(config),
    ...compileAccess(config, options),
  ];
}

// Without a LIMIT, which nothing passes, the engine runs the reader's own conditions before the filter, and an error that such a
// condition raises then tells of hidden rows: toUInt64(secret) named the value (measured, 26.7, with a filter on two columns).
// The price: a reader's condition no longer picks rows by the table's key, so its queries scan the table.
const BARRIER = 'LIMIT 1000000000000000000';

/** The views that row filters become. They need the tables, and stand in their database. */
export function compileRowFilterViews({ clickhouse, principals, streams }: Policy): readonly string[] {
  return byName(principals).flatMap((principal) =>
    readableRelations(principal, streams).flatMap(({ relation, filter }) => {
      if (filter === undefined) return [];
      const view = qualified(clickhouse.database, relation);
      const table = qualified(clickhouse.database, filter.table);
      // OR REPLACE: a view that only IF NOT EXISTS guards would keep the old filter after the policy has changed.
      return [
        `CREATE OR REPLACE VIEW ${view} DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM ${table} WHERE (${filter.rows}) ${BARRIER}`,
      ];
    }),
  );
}

/** The accounts alone: users, roles, grants, settings profiles and quotas. None of them needs a table to exist. */
export function compileAccess(config: Policy, options: AccountOptions = {}): readonly string[] {
  const { userPrefix = DEFAULT_USER_PREFIX, passwordHashes = {} } = options;
  const accounts = accountsOf(config, options);
  checkOptions(
    userPrefix,
    passwordHashes,
    accounts.map(({ user }) => user),
  );
  return accounts.flatMap(accountSql);
}

function checkOptions(
  prefix: string,
  passwordHashes: Readonly<Record<string, string>>,
  users: readonly string[],
): void {
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(prefix)) {
    throw new GrantsError(`user prefix ${JSON.stringify(prefix)}: expected a-z, 0-9 and _, at most 32; choose another`);
  }
  for (const [user, hash] of Object.entries(passwordHashes)) {
    if (!users.includes(user)) {
      throw new GrantsError(
        `password hash for ${JSON.stringify(user)}: expected one of ${users.join(', ')}; remove it`,
      );
    }
    if (!/^[0-9a-f]{64}$/.test(hash)) {
      throw new GrantsError(
        `password hash of ${user}: expected 64 hex digits, saw ${hash.length} characters; hash it anew`,
      );
    }
  }
}

function byName<Named extends { readonly name: string }>(record: Readonly<Record<string, Named>>): readonly Named[] {
  return Object.values(record).toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** Every name is an identifier by the config's schema; the quotes keep one that is also a keyword from being read as such. */
function qualified(database: string, name: string): string {
  return `\`${database}\`.\`${name}\``;
}
