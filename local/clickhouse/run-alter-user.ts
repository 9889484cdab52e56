import type { Session } from 'chdb';
import { UnsupportedAccess } from './access-statement.ts';
import type { CredentialTable } from './credential-table.ts';
import { ACCESS_DENIED, FrontError, NOT_IMPLEMENTED } from './front-error.ts';
import { type AlteredUser, readAlterUser } from './read-alter-user.ts';
import type { Query } from './read-statement.ts';
import { sqlString } from './sql-quoting.ts';
import { utf8 } from './utf8-text.ts';

/** The engine has no users of its own, so these statements are the front's to run. */
export function isAlterUser({ text, verb }: Query): boolean {
  return verb === 'ALTER' && /^ALTER\s+USER\b/i.test(text);
}

/**
 * Changes the passwords of a user. The engine reads the statement and its times; the table keeps what they say.
 *
 * @throws FrontError (497) for an account that is no administrator
 */
export function runAlterUser(session: Session, { text }: Query, admin: boolean, credentials: CredentialTable): void {
  const ask = (sql: string) => session.query(sql, 'TSVRaw').trimEnd();
  const { user, change, methods } = read(ask(`SELECT formatQuerySingleLine(${sqlString(utf8(text))})`));
  if (!admin) {
    throw new FrontError(
      ACCESS_DENIED,
      `Not enough privileges. To execute this query, it's necessary to have the grant ALTER USER ON ${user}`,
    );
  }
  const seconds = (time: string) => Number(ask(`SELECT toUnixTimestamp(parseDateTimeBestEffort(${sqlString(time)}))`));
  credentials.alter(
    user,
    change,
    methods.map(({ hash, validUntil }) => ({
      hash,
      validUntil: validUntil === undefined ? undefined : seconds(validUntil),
    })),
  );
}

function read(canonical: string): AlteredUser {
  try {
    return readAlterUser(canonical);
  } catch (error) {
    if (!(error instanceof UnsupportedAccess)) throw error;
    throw new FrontError(NOT_IMPLEMENTED, `The embedded engine does not keep ${error.message}`);
  }
}
