import { type AccessFact, profileFact, quotaFact, rightFact, roleFact, settingFact } from './access-facts.ts';

// What the system tables say of users, roles, profiles and quotas, and the same as facts.

export const RIGHTS = `SELECT user_name, role_name, access_type, ifNull(database, '*') AS db, ifNull(table, '*') AS relation, column,
  is_partial_revoke, grant_option
FROM system.grants WHERE has({users:Array(String)}, user_name) OR has({roles:Array(String)}, role_name)`;

export const ROLES = `SELECT user_name, role_name, granted_role_name, granted_role_is_default, with_admin_option
FROM system.role_grants WHERE has({users:Array(String)}, user_name) OR has({roles:Array(String)}, role_name)`;

export const SETTINGS = `SELECT profile_name, user_name, role_name, setting_name, value, min, max, writability, inherit_profile
FROM system.settings_profile_elements
WHERE has({users:Array(String)}, user_name) OR has({roles:Array(String)}, role_name) OR has({profiles:Array(String)}, profile_name)`;

export const QUOTAS = `SELECT name, apply_to_all, apply_to_list, duration, max_queries, max_query_selects, max_execution_time
FROM system.quotas LEFT JOIN system.quota_limits ON quota_name = name WHERE has({quotas:Array(String)}, name)`;

interface Held {
  readonly user_name: string | null;
  readonly role_name: string | null;
}

export interface RightRow extends Held {
  readonly access_type: string;
  readonly db: string;
  readonly relation: string;
  readonly column: string | null;
  readonly is_partial_revoke: 0 | 1;
  readonly grant_option: 0 | 1;
}

export interface RoleRow extends Held {
  readonly granted_role_name: string;
  readonly granted_role_is_default: 0 | 1;
  readonly with_admin_option: 0 | 1;
}

export interface SettingRow extends Held {
  readonly profile_name: string | null;
  readonly setting_name: string | null;
  readonly value: string | null;
  readonly min: string | null;
  readonly max: string | null;
  readonly writability: string | null;
  readonly inherit_profile: string | null;
}

export interface QuotaRow {
  readonly name: string;
  readonly apply_to_all: 0 | 1;
  readonly apply_to_list: readonly string[];
  readonly duration: number;
  /** A 64-bit number comes as text or not, as `output_format_json_quote_64bit_integers` has it. */
  readonly max_queries: number | string | null;
  readonly max_query_selects: number | string | null;
  readonly max_execution_time: number | null;
}

function holderOf({ user_name, role_name }: Held): string {
  return user_name === null ? `role ${role_name}` : `user ${user_name}`;
}

export function rightOf(row: RightRow): AccessFact {
  const { access_type, db, relation, column, is_partial_revoke, grant_option } = row;
  const columns = column === null ? '' : `(${column})`;
  const right = `${is_partial_revoke === 1 ? 'all but ' : ''}${access_type}${columns}`;
  return `${rightFact(holderOf(row), right, db, relation)}${grant_option === 1 ? ' WITH GRANT OPTION' : ''}`;
}

export function grantedOf(row: RoleRow): AccessFact {
  const { user_name, granted_role_name, granted_role_is_default, with_admin_option } = row;
  const option = `${granted_role_is_default === 1 ? '' : ', not by default'}${with_admin_option === 1 ? ' WITH ADMIN OPTION' : ''}`;
  return user_name === null
    ? `${holderOf(row)}: role ${granted_role_name}${option}`
    : `${roleFact(user_name, granted_role_name)}${option}`;
}

export function settingOf(row: SettingRow): AccessFact {
  const { profile_name, user_name, setting_name, value, min, max, writability, inherit_profile } = row;
  const holder = profile_name === null ? holderOf(row) : `profile ${profile_name}`;
  if (setting_name === null) {
    return user_name === null
      ? `${holder}: profile ${inherit_profile}`
      : profileFact(user_name, inherit_profile ?? 'without a name');
  }
  const fact = settingFact(holder, {
    name: setting_name,
    value: value ?? 'as it is',
    ...(min === null ? {} : { min: Number(min) }),
    ...(max === null ? {} : { max: Number(max) }),
    ...(writability === 'CONST' ? { constant: true } : {}),
    ...(writability === 'CHANGEABLE_IN_READONLY' ? { changeable: true } : {}),
  });
  return writability === 'WRITABLE' ? `${fact} ${writability}` : fact;
}

export function limitOf(row: QuotaRow): AccessFact {
  const limits = Object.entries({
    queries: row.max_queries,
    query_selects: row.max_query_selects,
    execution_time: row.max_execution_time,
  }).flatMap(([key, most]) => (most === null ? [] : [`${key} = ${most}`]));
  const whom = row.apply_to_all === 1 ? 'everybody' : row.apply_to_list.join(', ');
  return quotaFact(row.name, whom, row.duration, limits);
}
