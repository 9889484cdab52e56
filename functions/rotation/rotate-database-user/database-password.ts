import { createHash } from 'node:crypto';

// RFC 3986's unreserved characters: no shell, URL, JSON or SQL writes them otherwise. ClickHouse Cloud wants 12 characters, with
// capitals, digits and something that is neither letter nor digit among them.
const CLASSES = ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz', '0123456789', '-._~'] as const;
const ALL = CLASSES.join('');
/** 32 of 66 characters: 193 bits. */
const LENGTH = 32;

/**
 * A new password by ClickHouse Cloud's rules.
 *
 * @param randomBelow an integer from 0 to below its argument, unpredictable: `randomInt` of node:crypto
 */
export function generatePassword(randomBelow: (limit: number) => number): string {
  for (;;) {
    const password = Array.from({ length: LENGTH }, () => ALL.charAt(randomBelow(ALL.length))).join('');
    // Drawn again as a whole: putting one of each class in would say where it stands. One in seven is.
    if (CLASSES.every((characters) => [...password].some((character) => characters.includes(character)))) {
      return password;
    }
  }
}

/** What ClickHouse keeps of a password, and all that is ever sent of it in SQL: SHA-256 in hex. */
export function passwordHash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
