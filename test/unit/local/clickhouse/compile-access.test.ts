import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileAccess, type EnforcedAccount } from '../../../../local/clickhouse/compile-access.ts';
import { FILE_FUNCTION_BARS } from '../../../../local/clickhouse/refuse-file-function.ts';

const WRITER = [
  'CREATE ROLE writer_role',
  'GRANT INSERT ON d.t TO writer_role',
  'CREATE USER writer',
  'GRANT writer_role TO writer',
];

function accountOf(statements: readonly string[], user = 'writer') {
  return compileAccess(statements, [{ user, password: 'p' }]).accounts.get(user);
}

describe('roles', () => {
  test('a role holds its grants and revocations in their order, and the roles granted to it', () => {
    const { usersXml } = compileAccess(
      ['CREATE ROLE a, b', 'GRANT SELECT ON d.* TO b', 'REVOKE SELECT(secret) ON d.t FROM b', 'GRANT a TO b'],
      [],
    );

    expect(usersXml).toContain(
      '<b><grants><query>GRANT a</query><query>GRANT SELECT ON d.*</query><query>REVOKE SELECT(secret) ON d.t</query></grants></b>',
    );
    expect(usersXml).toContain('<query>GRANT edgehouse_embedded_admin, a, b</query></grants></default>');
  });

  test.each([
    ['CREATE USER u', ['a', 'b']],
    ['CREATE USER u DEFAULT ROLE NONE', []],
    ['CREATE USER u DEFAULT ROLE b', ['b']],
    ['CREATE USER u DEFAULT ROLE ALL EXCEPT b', ['a']],
  ])('%s begins with the roles %j of a and b', (create, roles) => {
    const account = accountOf(['CREATE ROLE a, b, c', create, 'GRANT a, b, c TO u', 'REVOKE c FROM u'], 'u');

    expect(account?.roles).toEqual(roles);
  });

  test('an administrator has all rights and no limits, whatever the statements say of the name', () => {
    const { accounts } = compileAccess(WRITER, [{ user: 'writer', password: 'p', admin: true }]);

    expect(accounts.get('writer')).toMatchObject({
      roles: ['edgehouse_embedded_admin'],
      values: [],
      profile: undefined,
    });
  });
});

describe('settings', () => {
  test('the user has the last word, then its roles, then the profiles given with TO', () => {
    const account = accountOf([
      'CREATE ROLE writer_role SETTINGS max_threads = 2, max_rows_to_read = 20',
      'CREATE SETTINGS PROFILE base SETTINGS max_execution_time = 3 MAX 30',
      'CREATE USER writer SETTINGS PROFILE `base`, max_threads = 3',
      'GRANT writer_role TO writer',
      'CREATE SETTINGS PROFILE given SETTINGS max_threads = 1, max_rows_to_read = 10, max_result_rows = 1 TO writer_role',
    ]);

    expect(Object.fromEntries(ownValues(account))).toEqual({
      max_threads: '3',
      max_rows_to_read: '20',
      max_result_rows: '1',
      max_execution_time: '3',
    });
  });

  test('constraints go to the engine, values and readonly to the session', () => {
    const { usersXml, accounts } = compileAccess(
      [
        "CREATE SETTINGS PROFILE p SETTINGS a = 1 CONST, b = 'x,<y' MIN 'a' MAX 'it''s', c = 5 CHANGEABLE_IN_READONLY, readonly = 1 CONST",
        'CREATE USER writer SETTINGS PROFILE `p`',
      ],
      [{ user: 'writer', password: 'p' }],
    );

    expect(usersXml).toContain('<account_0><constraints><a><const></const></a><b><min>a</min><max>it&apos;s</max></b>');
    expect(ownValues(accounts.get('writer'))).toEqual([
      ['a', '1'],
      ['b', "'x,<y'"],
      ['c', '5'],
    ]);
    expect(accounts.get('writer')).toMatchObject({
      readOnly: '1',
      profile: 'account_0',
      changeableInReadOnly: new Set(['c']),
    });
  });

  test.each([
    ['ALL', true],
    ['ALL EXCEPT other', true],
    ['ALL EXCEPT writer', false],
    ['ALL EXCEPT other, writer_role', false],
    ['other, writer_role', true],
    ['other', false],
  ])('a profile TO %s binds the writer: %j', (to, bound) => {
    const statements = [...WRITER, 'CREATE USER other', `CREATE SETTINGS PROFILE p SETTINGS a = 1 TO ${to}`];

    expect(ownValues(accountOf(statements))).toEqual(bound ? [['a', '1']] : []);
  });
});

describe('what could not be enforced is refused, by its place', () => {
  test.each([
    'CREATE ROW POLICY p ON d.t FOR SELECT USING a = 1 TO writer_role',
    'ALTER USER writer DEFAULT ROLE writer_role',
    'SET DEFAULT ROLE writer_role TO writer',
    'DROP ROLE writer_role',
    'SELECT 1',
    'GRANT SELECT ON t TO writer_role',
    'GRANT SELECT ON d.t, INSERT ON t TO writer_role',
    'GRANT SELECT ON d.t TO writer',
    'GRANT SELECT ON d.t TO stranger',
    'GRANT stranger TO writer',
    'GRANT SELECT ON d.t TO writer_role WITH GRANT OPTION',
    'ALTER USER writer ADD PROFILE `p`',
    'ALTER USER stranger DROP ALL SETTINGS, DROP ALL PROFILES, ADD SETTINGS a = 1',
    'ALTER SETTINGS PROFILE stranger DROP ALL SETTINGS, DROP ALL PROFILES, ADD SETTINGS a = 1',
    'GRANT ON CLUSTER c SELECT ON d.t TO writer_role',
    'GRANT CURRENT GRANTS(ALL ON *.*) TO writer_role',
    'GRANT NONE TO writer_role',
    'GRANT SELECT ON d.t TO CURRENT_USER',
    'GRANT writer_role TO writer WITH ADMIN OPTION',
    'REVOKE GRANT OPTION FOR SELECT ON d.t FROM writer_role',
    'CREATE ROLE writer_role',
    'CREATE ROLE writer',
    'CREATE ROLE `a b`',
    'CREATE ROLE `a.b`',
    'CREATE ROLE `a></a><evil>`',
    'CREATE USER writer_role',
    "CREATE USER u HOST LIKE '10.%'",
    "CREATE USER u IDENTIFIED BY 'x' VALID UNTIL '2030-01-01'",
    'CREATE USER u DEFAULT DATABASE d',
    'CREATE USER u GRANTEES NONE',
    'CREATE USER u SETTINGS PROFILE `missing`',
    'CREATE SETTINGS PROFILE p SETTINGS a = 1 TO stranger',
    'CREATE QUOTA q FOR INTERVAL 1 hour MAX queries = 1 TO stranger',
    'GRANT SELECT ON d.`a\x01b` TO writer_role',
  ])('%s', (sql) => {
    const compiling = () => compileAccess([...WRITER, sql], []);

    expect(compiling).toThrow(expect.objectContaining({ code: 'ACCESS_SQL_REFUSED' }));
    expect(compiling).toThrow(/^statement 5 of accessSql/);
  });

  test.each([
    ['an account that no statement creates', [{ user: 'stranger', password: 'p' }]],
    [
      'an account given twice',
      [
        { user: 'writer', password: 'p' },
        { user: 'writer', password: 'q' },
      ],
    ],
  ])('%s', (_what, accounts) => {
    expect(() => compileAccess(WRITER, accounts)).toThrow(expect.objectContaining({ code: 'ACCESS_SQL_REFUSED' }));
  });

  test('a password in a refused statement is not told', () => {
    expect(() => compileAccess(["CREATE USER u IDENTIFIED BY 'hunter2' HOST LOCAL"], [])).toThrow(
      expect.not.stringContaining('hunter2'),
    );
  });
});

test('what IF NOT EXISTS finds stays, what OR REPLACE finds goes', () => {
  const account = accountOf([
    'CREATE SETTINGS PROFILE p SETTINGS a = 1',
    'CREATE SETTINGS PROFILE IF NOT EXISTS p SETTINGS a = 2',
    'CREATE SETTINGS PROFILE q SETTINGS b = 1',
    'CREATE SETTINGS PROFILE OR REPLACE q SETTINGS b = 2',
    'CREATE USER writer SETTINGS PROFILE `p`, PROFILE `q`',
  ]);

  expect(ownValues(account)).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
});

test('an account that is no administrator keeps the function file out of its inserts and conditions', () => {
  const { accounts, usersXml } = compileAccess(WRITER, [
    { user: 'root', password: 'p', admin: true },
    { user: 'writer', password: 'p' },
  ]);

  expect(accounts.get('root')).toMatchObject({ values: [], profile: undefined });
  expect(accounts.get('writer')?.values).toEqual(FILE_FUNCTION_BARS);
  for (const [name] of FILE_FUNCTION_BARS) expect(usersXml).toContain(`<${name}><const></const></${name}>`);
});

test('what is replaced is gone: rights, roles and settings', () => {
  const statements = [
    ...WRITER,
    'GRANT SELECT ON d.t, INSERT ON d.u TO writer_role WITH REPLACE OPTION',
    'CREATE ROLE other_role',
    'GRANT other_role TO writer WITH REPLACE OPTION',
    // Of a user itself, who holds nothing here but roles.
    'REVOKE ALL ON *.* FROM writer',
    'CREATE SETTINGS PROFILE p SETTINGS a = 1, b = 1',
    'ALTER SETTINGS PROFILE p DROP ALL SETTINGS, DROP ALL PROFILES, ADD SETTINGS c = 1 CONST',
    'ALTER USER writer DROP ALL SETTINGS, DROP ALL PROFILES, ADD PROFILE `p`',
  ];

  const { usersXml, accounts } = compileAccess(statements, [{ user: 'writer', password: 'p' }]);

  expect(usersXml).toContain(
    '<writer_role><grants><query>GRANT SELECT ON d.t, INSERT ON d.u</query></grants></writer_role>',
  );
  expect(accounts.get('writer')?.roles).toEqual(['other_role']);
  expect(ownValues(accounts.get('writer'))).toEqual([['c', '1']]);
});

test('a grant comes back whole from the XML, whatever its table is called', () => {
  const name = fc
    .string({ unit: fc.constantFrom(...'ab<>&"\' ;/]!-.é]]>'), minLength: 1 })
    .map((text) => `\`${text}\``);

  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (tables) => {
      const grants = tables.map((table) => `GRANT SELECT ON d.${table}`);

      const { usersXml } = compileAccess(['CREATE ROLE r', ...grants.map((grant) => `${grant} TO r`)], []);

      const role = /<r><grants>(.*?)<\/grants><\/r>/s.exec(usersXml)?.[1] ?? '';
      const found = [...role.matchAll(/<query>([^<]*)<\/query>/g)].map(([, text = '']) => unescaped(text));
      expect(found).toEqual(grants);
      // Nothing but the elements that the compiler writes.
      expect(usersXml.replace(/<\/?[a-z_]+>/g, '')).not.toMatch(/[<>]/);
    }),
  );
});

test('no text makes the compiler fail in another way than by refusing it', () => {
  const word = fc.constantFrom(
    ..."CREATE ROLE USER SETTINGS PROFILE QUOTA GRANT REVOKE TO FROM ON ALL EXCEPT a b `c` d.t , ( ) = 1 'x' MIN MAX CONST DEFAULT NONE IF NOT EXISTS".split(
      ' ',
    ),
  );

  fc.assert(
    fc.property(fc.array(fc.array(word, { maxLength: 12 }), { maxLength: 4 }), (statements) => {
      try {
        compileAccess(
          statements.map((words) => words.join(' ')),
          [],
        );
      } catch (error) {
        expect(error).toMatchObject({ code: 'ACCESS_SQL_REFUSED' });
      }
    }),
    { numRuns: 2_000 },
  );
});

function unescaped(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(\w+);/g, (_, name: string) => entities[name] ?? '?');
}

/** Without what every account gets. */
function ownValues(account: EnforcedAccount | undefined): EnforcedAccount['values'] {
  const everybodys = FILE_FUNCTION_BARS.map(([name]) => name);
  return (account?.values ?? []).filter(([name]) => !everybodys.includes(name));
}
