import { UnsupportedAccess } from './access-statement.ts';
import { TokenCursor, unquote } from './token-cursor.ts';

/** What a statement does to the ways in which a user may log in. */
export interface AlteredUser {
  readonly user: string;
  /** `reset`: only the newest method stays. */
  readonly change: 'add' | 'replace' | 'reset';
  /** In order; none with `reset`. */
  readonly methods: readonly WrittenMethod[];
}

export interface WrittenMethod {
  /** SHA-256 hex of the password. */
  readonly hash: string;
  /** The text after VALID UNTIL, for the engine to read. @default undefined: for ever */
  readonly validUntil: string | undefined;
}

const OTHER_CLAUSES = ['HOST', 'DEFAULT', 'GRANTEES', 'SETTINGS'];

/**
 * Reads `ALTER USER` as far as it changes passwords. As on a server, a VALID UNTIL belongs to the method that it follows, and to no other.
 *
 * @param sql as the engine's `formatQuerySingleLine` wrote it
 * @throws UnsupportedAccess for any other change, and for a password that does not come as its SHA-256
 */
export function readAlterUser(sql: string): AlteredUser {
  const cursor = new TokenCursor(sql);
  if (!cursor.skip('ALTER USER')) throw new UnsupportedAccess('a statement other than ALTER USER');
  const user = cursor.name();
  if (user === undefined) throw new UnsupportedAccess('ALTER USER without the name of one user');
  const altered = { user, ...readChange(cursor) };
  if (!cursor.done) throw new UnsupportedAccess('an ALTER USER that changes more than passwords');
  return altered;
}

function readChange(cursor: TokenCursor): Omit<AlteredUser, 'user'> {
  if (cursor.skip('RESET AUTHENTICATION METHODS TO NEW')) return { change: 'reset', methods: [] };
  const change = cursor.skip('ADD') ? 'add' : 'replace';
  if (!cursor.skip('IDENTIFIED WITH')) throw new UnsupportedAccess('an ALTER USER that changes no password');
  const methods: WrittenMethod[] = [];
  do methods.push(readMethod(cursor));
  while (cursor.skipSymbol(','));
  return { change, methods };
}

function readMethod(cursor: TokenCursor): WrittenMethod {
  if (!cursor.skip('SHA256_HASH BY')) throw new UnsupportedAccess('a password in another form than sha256_hash');
  const hash = unquote(cursor.textUntil(['VALID', ...OTHER_CLAUSES], 'comma'));
  if (!/^[0-9a-f]{64}$/i.test(hash)) throw new UnsupportedAccess('a sha256_hash that is not 64 hex digits');
  const validUntil = cursor.skip('VALID UNTIL') ? unquote(cursor.textUntil(OTHER_CLAUSES, 'comma')) : undefined;
  return { hash: hash.toLowerCase(), validUntil };
}
