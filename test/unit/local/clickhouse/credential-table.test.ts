import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EnforcedAccount } from '../../../../local/clickhouse/compile-access.ts';
import { CredentialTable } from '../../../../local/clickhouse/credential-table.ts';
import { readAlterUser } from '../../../../local/clickhouse/read-alter-user.ts';

const WRITER: EnforcedAccount = {
  user: 'writer',
  password: 'one',
  roles: [],
  values: [],
  profile: undefined,
  readOnly: undefined,
  changeableInReadOnly: new Set(),
};
const HASH = 'A'.repeat(64);

function hash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

function tableAt(now: () => number): CredentialTable {
  return new CredentialTable(new Map([['writer', WRITER]]), now);
}

function takes(table: CredentialTable, password: string, user = 'writer'): boolean {
  try {
    return table.check(user, password) === WRITER;
  } catch (error) {
    expect(error).toMatchObject({ code: 516, type: 'AUTHENTICATION_FAILED' });
    return false;
  }
}

describe('the passwords of a user', () => {
  test('are those it has been given, each until its own time', () => {
    let now = 1_000_000;
    const table = tableAt(() => now);
    table.alter('writer', 'add', [{ hash: hash('two'), validUntil: 1_001 }]);

    const during = ['one', 'two', 'three'].map((password) => takes(table, password));
    now = 1_001_000;
    const after = ['one', 'two'].map((password) => takes(table, password));

    expect([during, after]).toEqual([
      [true, true, false],
      [true, false],
    ]);
  });

  test('are replaced as a whole, and reset to the newest', () => {
    const table = tableAt(() => 0);
    table.alter('writer', 'replace', [
      { hash: hash('two'), validUntil: undefined },
      { hash: hash('three'), validUntil: undefined },
    ]);
    const replaced = ['one', 'two', 'three'].map((password) => takes(table, password));
    table.alter('writer', 'reset', []);
    const reset = ['one', 'two', 'three'].map((password) => takes(table, password));

    expect([replaced, reset]).toEqual([
      [false, true, true],
      [false, false, true],
    ]);
  });

  test('of a user that is unknown are refused like wrong ones, and cannot be changed', () => {
    const table = tableAt(() => 0);

    expect(takes(table, 'one', 'nobody')).toBe(false);
    expect(() => table.alter('nobody', 'reset', [])).toThrow('There is no user `nobody`');
  });

  test('are a hundred at most', () => {
    const table = tableAt(() => 0);
    const add = () => table.alter('writer', 'add', [{ hash: hash('more'), validUntil: undefined }]);
    for (let count = 1; count < 100; count++) add();

    expect(add).toThrow('exceeds 100');
  });
});

describe('a statement that the front cannot keep', () => {
  test.each([
    ["ALTER USER u IDENTIFIED WITH plaintext_password BY 'x'", 'another form than sha256_hash'],
    ["ALTER USER u IDENTIFIED WITH sha256_hash BY 'short'", 'not 64 hex digits'],
    [`ALTER USER u ADD IDENTIFIED WITH sha256_hash BY '${HASH}' HOST LOCAL`, 'changes more than passwords'],
    ['ALTER USER u RENAME TO v', 'changes no password'],
    ['ALTER USER IF EXISTS u RESET AUTHENTICATION METHODS TO NEW', 'changes no password'],
    [`ALTER USER u, v ADD IDENTIFIED WITH sha256_hash BY '${HASH}'`, 'changes no password'],
    ['DROP USER u', 'other than ALTER USER'],
  ])('%s is refused, not skipped', (sql, words) => {
    expect(() => readAlterUser(sql)).toThrow(words);
  });

  test('of any text is read or refused, and never breaks', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          readAlterUser(`ALTER USER ${text}`);
        } catch (error) {
          expect(error).toMatchObject({ name: 'UnsupportedAccess' });
        }
      }),
    );
  });
});
