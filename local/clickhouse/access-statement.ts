import { TokenCursor } from './token-cursor.ts';

/** One statement of access control, as far as the embedded engine can be made to enforce it. */
export type AccessStatement =
  | { readonly kind: 'role'; readonly names: readonly string[]; readonly mode: CreateMode; readonly settings: Settings }
  | {
      readonly kind: 'profile';
      readonly names: readonly string[];
      readonly mode: CreateMode;
      readonly settings: Settings;
      readonly to: Subjects;
    }
  | {
      readonly kind: 'user';
      readonly names: readonly string[];
      readonly mode: CreateMode;
      readonly settings: Settings;
      readonly defaultRoles: Subjects;
    }
  /** In place of all settings that a profile or a user had. */
  | { readonly kind: 'altered'; readonly of: 'profile' | 'user'; readonly name: string; readonly settings: Settings }
  | { readonly kind: 'quota'; readonly names: readonly string[]; readonly mode: CreateMode; readonly to: Subjects }
  | {
      readonly kind: 'privileges';
      readonly verb: 'GRANT' | 'REVOKE';
      readonly privileges: string;
      readonly targets: readonly string[];
      /** What the targets had is gone. */
      readonly replace: boolean;
    }
  | {
      readonly kind: 'roles';
      readonly verb: 'GRANT' | 'REVOKE';
      readonly roles: readonly string[];
      readonly targets: readonly string[];
      readonly replace: boolean;
    };

export type CreateMode = 'new' | 'if not exists' | 'or replace';

/** A list of roles or users: these, or all but these. */
export interface Subjects {
  readonly all: boolean;
  /** With `all`, those left out. */
  readonly names: readonly string[];
}

export type Settings = readonly SettingElement[];

export type SettingElement =
  | { readonly kind: 'inherit'; readonly profile: string }
  | {
      readonly kind: 'setting';
      readonly name: string;
      /** SQL literals, as the engine wrote them. */
      readonly value: string | undefined;
      readonly min: string | undefined;
      readonly max: string | undefined;
      readonly writability: Writability | undefined;
    };

export type Writability = 'const' | 'writable' | 'changeable in readonly';

/** What the statement is beyond, as words for a message; never its text, which may hold a password. */
export class UnsupportedAccess extends Error {
  override readonly name = 'UnsupportedAccess';
}

const NOBODY: Subjects = { all: false, names: [] };
const EVERYBODY: Subjects = { all: true, names: [] };

/**
 * Reads one statement of access control.
 *
 * @param sql as the engine's `formatQuerySingleLine` wrote it
 * @throws UnsupportedAccess for a statement or a clause that could not be enforced
 */
export function readAccessStatement(sql: string): AccessStatement {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write these, and the formatter leaves some
  if (/[\0-\x1f\x7f\ufffe\uffff]/.test(sql)) throw new UnsupportedAccess('a control character in a name');
  const cursor = new TokenCursor(sql);
  const statement = readKind(cursor);
  if (!cursor.done)
    throw new UnsupportedAccess(`an ending that the embedded engine cannot enforce (${clauseName(cursor)})`);
  return statement;
}

function readKind(cursor: TokenCursor): AccessStatement {
  if (cursor.skip('GRANT')) return readGrant(cursor, 'GRANT');
  if (cursor.skip('REVOKE')) return readGrant(cursor, 'REVOKE');
  if (cursor.skip('CREATE ROLE')) return { kind: 'role', ...readHead(cursor), settings: readSettings(cursor) };
  if (cursor.skip('CREATE SETTINGS PROFILE')) {
    return { kind: 'profile', ...readHead(cursor), settings: readSettings(cursor), to: readTo(cursor) };
  }
  if (cursor.skip('CREATE USER')) return readUser(cursor);
  if (cursor.skip('ALTER SETTINGS PROFILE')) return readAltered(cursor, 'profile');
  if (cursor.skip('ALTER USER')) return readAltered(cursor, 'user');
  if (cursor.skip('CREATE QUOTA')) {
    const head = readHead(cursor);
    // Keys, intervals and limits: the engine counts per session, and here each request has one of its own.
    cursor.textUntil(['TO'], 'no comma');
    return { kind: 'quota', ...head, to: readTo(cursor) };
  }
  throw new UnsupportedAccess(
    'a statement other than CREATE ROLE, USER, SETTINGS PROFILE or QUOTA, ALTER of settings, GRANT and REVOKE',
  );
}

function readHead(cursor: TokenCursor): { readonly mode: CreateMode; readonly names: readonly string[] } {
  const mode = cursor.skip('IF NOT EXISTS') ? 'if not exists' : cursor.skip('OR REPLACE') ? 'or replace' : 'new';
  return { mode, names: readNames(cursor) };
}

function readUser(cursor: TokenCursor): AccessStatement {
  const head = readHead(cursor);
  // The front takes passwords from the accounts that it was started with.
  if (cursor.skip('IDENTIFIED')) cursor.textUntil(['VALID', 'HOST', 'DEFAULT', 'GRANTEES', 'SETTINGS'], 'no comma');
  cursor.skip('HOST ANY');
  let defaultRoles = EVERYBODY;
  if (cursor.skip('DEFAULT ROLE')) defaultRoles = readSubjects(cursor);
  return { kind: 'user', ...head, defaultRoles, settings: readSettings(cursor) };
}

function readGrant(cursor: TokenCursor, verb: 'GRANT' | 'REVOKE'): AccessStatement {
  if (cursor.skip('ON CLUSTER')) throw new UnsupportedAccess('ON CLUSTER');
  if (cursor.meets(['CURRENT', 'NONE']) || cursor.skip('GRANT OPTION FOR') || cursor.skip('ADMIN OPTION FOR')) {
    throw new UnsupportedAccess('CURRENT GRANTS, NONE or an OPTION FOR');
  }
  const towards = verb === 'GRANT' ? 'TO' : 'FROM';
  const object = cursor.textUntil([towards], 'no comma');
  cursor.skip(towards);
  const targets = readNames(cursor);
  const replace = verb === 'GRANT' && cursor.skip('WITH REPLACE OPTION');
  const privileges = new TokenCursor(object);
  privileges.textUntil(['ON'], 'no comma');
  if (privileges.done) return { kind: 'roles', verb, roles: readNames(new TokenCursor(object)), targets, replace };
  while (privileges.skip('ON')) {
    // Without a database the engine would take the session's, which an account chooses for itself.
    const named = privileges.skipSymbol('*') || privileges.name() !== undefined;
    privileges.skipSymbol('*');
    if (!named || !privileges.skipSymbol('.'))
      throw new UnsupportedAccess('a privilege on a name without its database');
    privileges.textUntil(['ON'], 'no comma');
  }
  return { kind: 'privileges', verb, privileges: object, targets, replace };
}

/** The formatter writes `SETTINGS …` of an ALTER as what it does: everything goes, and these come. */
function readAltered(cursor: TokenCursor, of: 'profile' | 'user'): AccessStatement {
  const name = expectName(cursor);
  const whole = cursor.skip('DROP ALL SETTINGS') && cursor.skipSymbol(',') && cursor.skip('DROP ALL PROFILES');
  if (!whole || !cursor.skipSymbol(',') || !cursor.skip('ADD')) {
    throw new UnsupportedAccess('an ALTER that does more or less than replace all settings');
  }
  cursor.skip('SETTINGS');
  return { kind: 'altered', of, name, settings: readElements(cursor) };
}

function readSettings(cursor: TokenCursor): Settings {
  return !cursor.skip('SETTINGS') || cursor.skip('NONE') ? [] : readElements(cursor);
}

function readElements(cursor: TokenCursor): Settings {
  const elements: SettingElement[] = [];
  do {
    if (cursor.skip('PROFILE') || cursor.skip('INHERIT')) {
      elements.push({ kind: 'inherit', profile: expectName(cursor) });
      continue;
    }
    const name = expectName(cursor);
    const literal = () =>
      cursor.textUntil(['MIN', 'MAX', 'CONST', 'WRITABLE', 'CHANGEABLE_IN_READONLY', 'TO'], 'comma');
    const value = cursor.skipSymbol('=') ? literal() : undefined;
    const bound = (): string => {
      cursor.skipSymbol('=');
      return literal();
    };
    const min = cursor.skip('MIN') ? bound() : undefined;
    const max = cursor.skip('MAX') ? bound() : undefined;
    elements.push({ kind: 'setting', name, value, min, max, writability: readWritability(cursor) });
  } while (cursor.skipSymbol(','));
  return elements;
}

function readWritability(cursor: TokenCursor): Writability | undefined {
  if (cursor.skip('CONST')) return 'const';
  if (cursor.skip('WRITABLE')) return 'writable';
  return cursor.skip('CHANGEABLE_IN_READONLY') ? 'changeable in readonly' : undefined;
}

function readTo(cursor: TokenCursor): Subjects {
  return cursor.skip('TO') ? readSubjects(cursor) : NOBODY;
}

function readSubjects(cursor: TokenCursor): Subjects {
  if (cursor.skip('NONE')) return NOBODY;
  if (cursor.skip('ALL')) return { all: true, names: cursor.skip('EXCEPT') ? readNames(cursor) : [] };
  return { all: false, names: readNames(cursor) };
}

function readNames(cursor: TokenCursor): readonly string[] {
  if (cursor.meets(['ALL', 'CURRENT_USER'])) throw new UnsupportedAccess('ALL or CURRENT_USER in place of a name');
  const names = [expectName(cursor)];
  while (cursor.skipSymbol(',')) names.push(expectName(cursor));
  return names;
}

/** Roles become elements of the engine's XML configuration, so their names must be XML names, without dots. */
function expectName(cursor: TokenCursor): string {
  const name = cursor.name();
  if (name === undefined || !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) {
    throw new UnsupportedAccess('a name that is not letters, digits, _ and -, beginning with a letter');
  }
  return name;
}

function clauseName(cursor: TokenCursor): string {
  const known = ['VALID', 'HOST', 'DEFAULT', 'GRANTEES', 'WITH', 'ON', 'IN', 'EXCEPT', 'KEYED'];
  return cursor.meets(known) ? cursor.text.toUpperCase() : 'an unexpected word';
}
