import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EnforcedAccount } from '../../../../local/clickhouse/compile-access.ts';
import { readRequest } from '../../../../local/clickhouse/read-request.ts';
import { sessionSetup } from '../../../../local/clickhouse/session-setup.ts';
import { sqlTokens } from '../../../../local/clickhouse/sql-tokens.ts';

const reader: EnforcedAccount = {
  user: 'reader',
  password: 'p',
  roles: ['reader_role'],
  values: [['max_threads', '2']],
  profile: 'account_0',
  readOnly: '1',
  changeableInReadOnly: new Set(['max_threads']),
};
const admin: EnforcedAccount = { ...reader, roles: [], values: [], profile: undefined, readOnly: undefined };

function ask(search: string, method = 'POST') {
  return readRequest(method, new URL(`http://localhost/?${search}`), {});
}

test('the account comes before the constraints, these before readonly, and that before what the request wants', () => {
  const statements = sessionSetup(
    reader,
    ask('database=d&max_rows_to_read=9&max_threads=3&param_a=x&log_comment=mine'),
    'tag',
  );

  expect(statements).toEqual([
    'USE `d`',
    'SET ROLE `reader_role`',
    "SET log_comment = 'tag', max_threads = 2, param_a = 'x'",
    "SET profile = 'account_0'",
    "SET max_threads = '3'",
    'SET readonly = 1',
    "SET max_rows_to_read = '9'",
  ]);
});

test('an account without roles has none', () => {
  expect(sessionSetup(admin, ask(''), 'tag')).toEqual(['SET ROLE NONE', "SET log_comment = 'tag'"]);
});

test('a GET is read-only, and no less so than its account', () => {
  expect(sessionSetup(admin, ask('query=SELECT', 'GET'), 'tag')).toContain('SET readonly = 2');
  expect(sessionSetup(reader, ask('query=SELECT', 'GET'), 'tag')).toContain('SET readonly = 1');
});

test('no value of a request gets out of its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const search = new URLSearchParams({ database: value, param_a: value, some_setting: value });

      for (const statement of sessionSetup(admin, ask(`${search}`), 'tag')) {
        const outside = [...sqlTokens(statement)].filter(({ kind }) => kind !== 'string' && kind !== 'quoted');
        expect(outside.map(({ text }) => text).join(' ')).toMatch(/^(USE|SET ROLE NONE|SET \w+ =(?: , \w+ =)*)$/);
        expect(statement).not.toContain('\0');
      }
    }),
  );
});
