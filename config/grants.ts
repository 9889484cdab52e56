import { INSPECTOR_LIMITS, READER_LIMITS, WRITER_LIMITS } from './access-limits.ts';
import { accountSql, roleSql } from './account-sql.ts';
import { GrantsError } from './grants-error.ts';
import { filteredView, readableRelations } from './readable-relations.ts';
import type { ConfigSections, Principal } from './schema.ts';
import { DEFAULT_USER_PREFIX, readerUser, type SqlUserOptions, sqlUsers } from './sql-users.ts';

export interface GrantsOptions extends SqlUserOptions {
  /** SHA-256 hex of each user's password. A user without one is created locked. @default {} */
  readonly passwordHashes?: Readonly<Record<string, string>>;
}

type Policy = Pick<ConfigSections, 'clickhouse' | 'principals' | 'streams'>;

/**
 * Everything that ClickHouse must be told about the policy, for an administrator to run after the migrations: first the views of
 * row filters, then the accounts. One statement each, without a semicolon; running them again changes nothing, and running those of
 * a changed policy takes back what it no longer allows. A principal that left the config altogether keeps its account: drop it.
 *
 * @throws GrantsError (`GRANTS_INVALID`) where the prefix, a password hash or its user is not usable
 */
export function compileGrants(config: Policy, options: GrantsOptions = {}): readonly string[] {
  return [...compileRowFilterViews(config), ...compileAccess(config, options)];
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
export function compileAccess(config: Policy, options: GrantsOptions = {}): readonly string[] {
  const { clickhouse, principals, streams } = config;
  const { userPrefix = DEFAULT_USER_PREFIX, passwordHashes = {} } = options;
  const { writer, inspector, readers } = sqlUsers(config, options);
  checkOptions(userPrefix, passwordHashes, [writer, inspector, ...Object.values(readers)]);
  const on = (privilege: string, relation: string) => `${privilege} ON ${qualified(clickhouse.database, relation)}`;
  const tables = [...byName(streams).map(({ table }) => table), 'quarantine'];
  return [
    ...accountSql({
      user: writer,
      grants: tables.map((table) => on('INSERT', table)),
      revokes: [],
      limits: WRITER_LIMITS,
      passwordHash: passwordHashes[writer],
    }),
    ...accountSql({
      user: inspector,
      // `system.columns` shows only the tables that SHOW COLUMNS names.
      grants: [
        on('SELECT', 'batches'),
        'SELECT ON system.columns',
        ...tables.map((table) => on('SHOW COLUMNS', table)),
      ],
      revokes: [],
      limits: INSPECTOR_LIMITS,
      passwordHash: passwordHashes[inspector],
    }),
    ...byName(principals).flatMap((principal) => {
      const user = readerUser(principal.name, userPrefix);
      const readable = readableRelations(principal, streams).map(({ relation }) => relation);
      const reader = {
        user,
        grants: readable.map((relation) => on('SELECT', relation)),
        revokes: everReadable(principal, streams)
          .filter((relation) => !readable.includes(relation))
          .map((relation) => on('SELECT', relation)),
      };
      // One that may read nothing needs no user, but its role may hold what an earlier policy gave it.
      if (readable.length === 0) return roleSql(reader);
      return accountSql({ ...reader, limits: READER_LIMITS, passwordHash: passwordHashes[user] });
    }),
  ];
}

/** Whatever some policy on these streams could have let the principal read. */
function everReadable(principal: Principal, streams: ConfigSections['streams']): readonly string[] {
  return ['batches', ...byName(streams).flatMap(({ name, table }) => [table, filteredView(name, principal.name)])];
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
