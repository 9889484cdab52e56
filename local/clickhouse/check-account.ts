import { createHash, timingSafeEqual } from 'node:crypto';
import type { EnforcedAccount } from './compile-access.ts';
import { AUTHENTICATION_FAILED, FrontError } from './front-error.ts';

/** @throws FrontError (516) for an unknown user and for a wrong password alike, as a server does */
export function checkAccount(
  accounts: ReadonlyMap<string, EnforcedAccount>,
  user: string,
  password: string,
): EnforcedAccount {
  const account = accounts.get(user);
  if (account === undefined || !timingSafeEqual(sha256(account.password), sha256(password))) {
    throw new FrontError(
      AUTHENTICATION_FAILED,
      `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
    );
  }
  return account;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
