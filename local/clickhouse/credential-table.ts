import { createHash, timingSafeEqual } from 'node:crypto';
import type { EnforcedAccount } from './compile-access.ts';
import { AUTHENTICATION_FAILED, FrontError, TOO_MANY_METHODS, UNKNOWN_USER } from './front-error.ts';

/** One way in which a user may log in. */
export interface AuthenticationMethod {
  /** SHA-256 hex of the password. */
  readonly hash: string;
  /** Seconds since the epoch, from when on it is refused. @default undefined: for ever */
  readonly validUntil: number | undefined;
}

/** What a server has as `max_authentication_methods_per_user`. */
const MOST_METHODS = 100;

/** Who may log in, and with what: the users of a server, as far as their passwords go. It lives as long as its process. */
export class CredentialTable {
  readonly #accounts: ReadonlyMap<string, EnforcedAccount>;
  readonly #methods: Map<string, readonly AuthenticationMethod[]>;
  readonly #clock: () => number;

  /**
   * @param accounts by user; each begins with its password as its only method
   * @param clock milliseconds since the epoch
   */
  constructor(accounts: ReadonlyMap<string, EnforcedAccount>, clock: () => number) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#methods = new Map(
      [...accounts].map(([user, { password }]) => [user, [{ hash: sha256(password), validUntil: undefined }]]),
    );
  }

  /** @throws FrontError (516) for an unknown user, a wrong password and one that has expired alike, as a server does */
  check(user: string, password: string): EnforcedAccount {
    const hash = Buffer.from(sha256(password));
    const now = this.#clock() / 1000;
    const fits = (this.#methods.get(user) ?? []).some(
      (method) => timingSafeEqual(Buffer.from(method.hash), hash) && now < (method.validUntil ?? Infinity),
    );
    const account = this.#accounts.get(user);
    if (account === undefined || !fits) {
      throw new FrontError(
        AUTHENTICATION_FAILED,
        `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
      );
    }
    return account;
  }

  /** @throws FrontError (192) for an unknown user; where there would be too many methods, as a server has it */
  alter(user: string, change: 'add' | 'replace' | 'reset', methods: readonly AuthenticationMethod[]): void {
    const before = this.#methods.get(user);
    if (before === undefined) throw new FrontError(UNKNOWN_USER, `There is no user \`${user}\` in user directories`);
    const after = { add: [...before, ...methods], replace: methods, reset: before.slice(-1) }[change];
    if (after.length > MOST_METHODS) {
      throw new FrontError(TOO_MANY_METHODS, `User can not be created/updated because it exceeds ${MOST_METHODS}`);
    }
    this.#methods.set(user, after);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
