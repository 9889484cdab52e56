import { type AccessLimits, INSPECTOR_LIMITS, OPERATOR_LIMITS, READER_LIMITS, WRITER_LIMITS } from './access-limits.ts';
import { readableRelations } from './readable-relations.ts';
import type { ConfigSections } from './schema.ts';
import { type SqlUserOptions, sqlUsers } from './sql-users.ts';

/** One right on one table or view. */
export interface Privilege {
  readonly right: 'SELECT' | 'INSERT' | 'SHOW COLUMNS' | 'ALTER DELETE';
  readonly on: readonly [database: string, relation: string];
}

/** A ClickHouse account: a user with its role, settings profile and quota. */
export interface Account {
  readonly user: string;
  /** Everything that its role holds; one at least. */
  readonly privileges: readonly Privilege[];
  readonly limits: AccessLimits;
  /** SHA-256 hex of the password that it is made with. @default none: it is made locked */
  readonly passwordHash: string | undefined;
}

export interface AccountOptions extends SqlUserOptions {
  /** SHA-256 hex of each user's password. A user without one is created locked. @default {} */
  readonly passwordHashes?: Readonly<Record<string, string>>;
}

type Policy = Pick<ConfigSections, 'clickhouse' | 'principals' | 'streams'>;

/** The accounts that a policy asks for: one writes, one inspects, one erases, and each principal that may read has its own. */
export function accountsOf(config: Policy, options: AccountOptions = {}): readonly Account[] {
  const { clickhouse, principals, streams } = config;
  const { passwordHashes = {} } = options;
  const { writer, inspector, operator, readers } = sqlUsers(config, options);
  const on = (right: Privilege['right'], relation: string): Privilege => ({
    right,
    on: [clickhouse.database, relation],
  });
  const account = (user: string, limits: AccessLimits, privileges: readonly Privilege[]): Account => ({
    user,
    privileges,
    limits,
    passwordHash: passwordHashes[user],
  });
  const tables = Object.values(streams).map(({ table }) => table);
  const written = [...tables.toSorted(), 'quarantine'];
  return [
    account(
      writer,
      WRITER_LIMITS,
      written.map((table) => on('INSERT', table)),
    ),
    // `system.columns` shows only the tables that SHOW COLUMNS names. `_batches` besides its view, which cannot be asked for a few
    // hours alone: replay counts what is missing or there twice.
    account(inspector, INSPECTOR_LIMITS, [
      ...['batches', '_batches'].map((relation) => on('SELECT', relation)),
      { right: 'SELECT', on: ['system', 'columns'] },
      ...written.map((table) => on('SHOW COLUMNS', table)),
    ]),
    // The ledger counts what was stored, and goes on to count it when it is erased: a whole batch can be taken out of it, too.
    account(operator, OPERATOR_LIMITS, [
      ...[...written, 'batches'].map((relation) => on('SELECT', relation)),
      ...[...written, '_batches'].map((table) => on('ALTER DELETE', table)),
    ]),
    ...Object.entries(readers).flatMap(([name, user]) => {
      const principal = principals[name];
      if (principal === undefined) return [];
      const readable = readableRelations(principal, streams).map(({ relation }) => on('SELECT', relation));
      return [account(user, READER_LIMITS, readable)];
    }),
  ];
}

export function roleOf(user: string): string {
  return `${user}_role`;
}

export function profileOf(user: string): string {
  return `${user}_profile`;
}

export function quotaOf(user: string): string {
  return `${user}_quota`;
}
