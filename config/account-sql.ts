import type { AccessLimits } from './access-limits.ts';

/** A ClickHouse account: a user with its role, settings profile and quota. */
export interface Account {
  readonly user: string;
  /** What its role gets, e.g. ``INSERT ON `db`.`table` ``. */
  readonly grants: readonly string[];
  /** What is taken back where an earlier policy gave it: a GRANT alone never takes anything back. */
  readonly revokes: readonly string[];
  readonly limits: AccessLimits;
  /** SHA-256 hex of its password. @default none: the account is locked */
  readonly passwordHash: string | undefined;
}

// No password is known whose SHA-256 is all zeros: the account exists, and nobody can log in.
const LOCKED = '0'.repeat(64);

/** The statements that make an account, in the order that their names need. */
export function accountSql(account: Account): readonly string[] {
  const { user, limits, passwordHash = LOCKED } = account;
  const role = roleName(user);
  const profile = `${user}_profile`;
  return [
    ...roleSql(account),
    `CREATE SETTINGS PROFILE IF NOT EXISTS ${profile} SETTINGS ${limits.settings.join(', ')}`,
    // The profile belongs to the user, not to the role: SET ROLE NONE would shake off what a role brings.
    `CREATE USER IF NOT EXISTS ${user} IDENTIFIED WITH sha256_hash BY '${passwordHash}' SETTINGS PROFILE '${profile}'`,
    `GRANT ${role} TO ${user}`,
    // OR REPLACE: a quota names its user, and one that was dropped and made again would be another user.
    `CREATE QUOTA OR REPLACE ${user}_quota FOR INTERVAL 1 hour MAX ${limits.quota.join(', ')} TO ${user}`,
  ];
}

/** The role of an account, without a user to hold it. */
export function roleSql({ user, grants, revokes }: Pick<Account, 'user' | 'grants' | 'revokes'>): readonly string[] {
  const role = roleName(user);
  return [
    `CREATE ROLE IF NOT EXISTS ${role}`,
    ...revokes.map((privilege) => `REVOKE ${privilege} FROM ${role}`),
    ...grants.map((privilege) => `GRANT ${privilege} TO ${role}`),
  ];
}

function roleName(user: string): string {
  return `${user}_role`;
}
