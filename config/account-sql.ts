import type { AccessLimits, LimitedSetting } from './access-limits.ts';
import { type Account, type Privilege, profileOf, quotaOf, roleOf } from './accounts.ts';

// No password is known whose SHA-256 is all zeros: the account exists, and nobody can log in.
const LOCKED = '0'.repeat(64);

/**
 * The statements that make an account what it is to be, whatever it was before. What bounds it comes before what it may do, and each
 * set of rights is replaced by one statement: at no time may it do more than it did before or is to do, and none of its rights is
 * away for a moment.
 */
export function accountSql({ user, privileges, limits, passwordHash = LOCKED }: Account): readonly string[] {
  const [role, profile, quota] = [roleOf(user), profileOf(user), quotaOf(user)];
  const settings = limits.settings.map(settingSql).join(', ');
  return [
    `CREATE ROLE IF NOT EXISTS ${role}`,
    // The profile belongs to the user, not to the role: SET ROLE NONE would shake off what a role brings.
    `CREATE SETTINGS PROFILE IF NOT EXISTS ${profile} SETTINGS ${settings}`,
    // And not OR REPLACE, which makes another profile of the same name: the user would keep the one that is gone.
    `ALTER SETTINGS PROFILE ${profile} SETTINGS ${settings}`,
    `CREATE USER IF NOT EXISTS ${user} IDENTIFIED WITH sha256_hash BY '${passwordHash}' SETTINGS PROFILE '${profile}'`,
    `ALTER USER ${user} SETTINGS PROFILE '${profile}'`,
    // OR REPLACE: a quota names its user, and one that was dropped and made again would be another user.
    `CREATE QUOTA OR REPLACE ${quota} FOR INTERVAL 1 hour MAX ${quotaSql(limits)} TO ${user}`,
    `REVOKE ALL ON *.* FROM ${user}`,
    ...roleSql(user, privileges),
    `GRANT ${role} TO ${user} WITH REPLACE OPTION`,
  ];
}

/** The statements after which nobody can log in as this user, and its name is free. */
export function dropAccountSql(user: string): readonly string[] {
  return [
    `DROP USER IF EXISTS ${user}`,
    `DROP ROLE IF EXISTS ${roleOf(user)}`,
    `DROP QUOTA IF EXISTS ${quotaOf(user)}`,
    `DROP SETTINGS PROFILE IF EXISTS ${profileOf(user)}`,
  ];
}

function roleSql(user: string, privileges: readonly Privilege[]): readonly string[] {
  const all = privileges.map(({ right, on }) => `${right} ON ${on.map(quote).join('.')}`);
  return [`GRANT ${all.join(', ')} TO ${roleOf(user)} WITH REPLACE OPTION`];
}

function settingSql({ name, value, min, max, constant, changeable }: LimitedSetting): string {
  const literal = typeof value === 'number' ? String(value) : `'${value}'`;
  const bounds = `${min === undefined ? '' : ` MIN ${min}`}${max === undefined ? '' : ` MAX ${max}`}`;
  return `${name} = ${literal}${bounds}${constant === true ? ' CONST' : ''}${changeable === true ? ' CHANGEABLE_IN_READONLY' : ''}`;
}

function quotaSql({ quota }: AccessLimits): string {
  return Object.entries(quota)
    .map(([key, most]) => `${key} = ${most}`)
    .join(', ');
}

/** Every name is an identifier by the config's schema; the quotes keep one that is also a keyword from being read as such. */
function quote(name: string): string {
  return `\`${name}\``;
}
