import type { ClickHouseCredential } from '../../ingest/clickhouse-credential.ts';
import type { UserRights } from './user-rights.ts';

/** ClickHouse as a rotation needs it. Each call throws UserDatabaseError. */
export interface UserDatabase {
  /** Whether ClickHouse takes the password; false is its own word, not silence. */
  logsIn(credential: ClickHouseCredential): Promise<boolean>;
  /** @throws UserRightsWrongError where the user may do less or more than it should */
  prove(credential: ClickHouseCredential, rights: UserRights): Promise<void>;
  /** Runs one statement as the administrator. */
  change(administrator: ClickHouseCredential, statement: string): Promise<void>;
}

/** ClickHouse did not answer, or not with what was asked. Its own text may quote the statement, so only the code is kept. */
export class UserDatabaseError extends Error {
  override readonly name = 'UserDatabaseError';
  readonly code = 'USER_DATABASE_FAILED';
  readonly retryable = true;
  /** ClickHouse's numeric error code, where it answered. */
  readonly clickhouseCode: number | undefined;
  constructor(what: string, clickhouseCode: number | undefined) {
    const seen = clickhouseCode === undefined ? 'no answer in time' : `ClickHouse answered with code ${clickhouseCode}`;
    super(`${what} failed: ${seen}. The current password still works; the rotation is tried again.`);
    this.clickhouseCode = clickhouseCode;
  }
}

/** A user logs in, but may do less or more than the config gives it: its password is not made the current one. */
export class UserRightsWrongError extends Error {
  override readonly name = 'UserRightsWrongError';
  readonly code = 'USER_RIGHTS_WRONG';
  readonly retryable = false;
  /** @param right as it stands in a GRANT, or the statement that was refused */
  constructor(user: string, seen: 'may not' | 'may', right: string) {
    super(
      `The ClickHouse user ${user} ${seen} ${right}, other than the config says. ` +
        'Run the statements of `edgehouse grants print`, then rotate again.',
    );
  }
}
