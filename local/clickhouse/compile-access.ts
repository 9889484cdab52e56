import { AccessModel, type MergedSetting } from './access-model.ts';
import { readAccessStatement, UnsupportedAccess } from './access-statement.ts';
import { accountRefused, statementRefused } from './engine-errors.ts';
import type { Account } from './engine-options.ts';
import { FILE_FUNCTION_BARS } from './refuse-file-function.ts';
import { unquote } from './token-cursor.ts';
import { usersXml } from './users-xml.ts';

/** What holds for the requests of one account: the engine knows only one user, so each session is made to be this one. */
export interface EnforcedAccount {
  readonly user: string;
  readonly password: string;
  /** For SET ROLE. */
  readonly roles: readonly string[];
  /** Name and SQL literal of each setting that the account begins with, but for `readonly`. */
  readonly values: readonly (readonly [name: string, literal: string])[];
  /** Profile of the engine's configuration that holds the account's constraints. */
  readonly profile: string | undefined;
  /** What `readonly` is set to. */
  readonly readOnly: string | undefined;
  /** Settings that a request may change although `readonly` is 1. */
  readonly changeableInReadOnly: ReadonlySet<string>;
}

export interface CompiledAccess {
  /** The engine's `users_config`. */
  readonly usersXml: string;
  /** By name of the user. */
  readonly accounts: ReadonlyMap<string, EnforcedAccount>;
}

/** The role of an account with `admin: true`. */
export const ADMIN_ROLE = 'edgehouse_embedded_admin';

/**
 * Compiles access control to what the embedded engine really enforces: its XML configuration, in which its only user holds every
 * role, and for each account the roles and settings that a session takes on before it runs a request.
 *
 * Quotas are read, and what they name is checked, but nothing counts them: the engine counts per session, and here each
 * request has a session of its own. Passwords are the accounts', not the statements'. Both are for a real server to show.
 *
 * @param statements as the engine's `formatQuerySingleLine` wrote them
 * @throws EngineStartError (`ACCESS_SQL_REFUSED`) for a statement that could not be enforced, an account that no statement created, or one given twice
 */
export function compileAccess(statements: readonly string[], accounts: readonly Account[]): CompiledAccess {
  const model = new AccessModel();
  statements.forEach((sql, at) => {
    try {
      model.apply(readAccessStatement(sql));
    } catch (error) {
      if (!(error instanceof UnsupportedAccess)) throw error;
      throw statementRefused(at, error.message);
    }
  });
  const roles = model.roles();
  if (roles.some(({ name }) => name === ADMIN_ROLE))
    throw accountRefused(ADMIN_ROLE, 'a role of its name in accessSql');

  const enforced = new Map<string, EnforcedAccount>();
  const profiles: { name: string; constraints: readonly MergedSetting[] }[] = [];
  for (const { user, password, admin = false } of accounts) {
    if (enforced.has(user)) throw accountRefused(user, 'two entries');
    const granted = admin ? [ADMIN_ROLE] : model.rolesOf(user);
    if (granted === undefined) throw accountRefused(user, 'neither a CREATE USER in accessSql nor admin: true');
    const settings = admin ? [] : [...model.settingsOf(user), ...BARS];
    const constraints = settings.filter(isConstraint);
    const profile = constraints.length === 0 ? undefined : `account_${enforced.size}`;
    if (profile !== undefined) profiles.push({ name: profile, constraints });
    enforced.set(user, {
      user,
      password,
      roles: granted,
      values: settings.flatMap(({ name, value }) =>
        value === undefined || name === 'readonly' ? [] : [[name, value]],
      ),
      profile,
      readOnly: settings.find(({ name }) => name === 'readonly')?.value,
      changeableInReadOnly: new Set(
        settings.filter(({ writability }) => writability === 'changeable in readonly').map(({ name }) => name),
      ),
    });
  }
  const admin = { name: ADMIN_ROLE, queries: ['GRANT ALL ON *.* WITH GRANT OPTION'] };
  return { usersXml: usersXml([admin, ...roles], profiles.map(withoutQuotes)), accounts: enforced };
}

const BARS: readonly MergedSetting[] = FILE_FUNCTION_BARS.map(([name, value]) => ({
  name,
  value,
  min: undefined,
  max: undefined,
  writability: 'const',
}));

/** `readonly` itself needs none once it is set: the engine lets nobody change it then, and the session's own SET must pass. */
function isConstraint({ name, value, min, max, writability }: MergedSetting): boolean {
  if (name === 'readonly' && value !== undefined && value !== '0') return false;
  return min !== undefined || max !== undefined || writability === 'const';
}

function withoutQuotes({ name, constraints }: { name: string; constraints: readonly MergedSetting[] }) {
  const plain = (literal: string | undefined) => (literal?.startsWith("'") ? unquote(literal) : literal);
  return {
    name,
    constraints: constraints.map(({ name: setting, min, max, writability }) => ({
      setting,
      min: plain(min),
      max: plain(max),
      constant: writability === 'const',
    })),
  };
}
