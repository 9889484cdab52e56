import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrontError } from '../../../../local/clickhouse/front-error.ts';
import { readStatement } from '../../../../local/clickhouse/read-statement.ts';

describe('an insert with data', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV\n1,2', { head: 'INSERT INTO t ', settings: '', format: 'CSV', data: '1,2' }],
    [
      'insert into db.t (a, b) format JSONEachRow {"a":1}',
      { head: 'insert into db.t (a, b) ', settings: '', format: 'JSONEachRow', data: '{"a":1}' },
    ],
    ['INSERT INTO t FORMAT CSV  \r\n\n1', { head: 'INSERT INTO t ', settings: '', format: 'CSV', data: '\n1' }],
    [
      'INSERT INTO t VALUES (1); DROP TABLE t',
      { head: 'INSERT INTO t ', settings: '', format: 'Values', data: '(1); DROP TABLE t' },
    ],
    [
      'INSERT INTO t SETTINGS a = 1, b = 2 FORMAT TSV',
      { head: 'INSERT INTO t ', settings: 'SETTINGS a = 1, b = 2 ', format: 'TSV', data: '' },
    ],
    [
      'INSERT INTO TABLE format FORMAT CSV',
      { head: 'INSERT INTO TABLE format ', settings: '', format: 'CSV', data: '' },
    ],
    [
      'INSERT INTO values.settings (format, values) VALUES (1)',
      { head: 'INSERT INTO values.settings (format, values) ', settings: '', format: 'Values', data: '(1)' },
    ],
    [
      'INSERT INTO "a.b;".`FORMAT x` FORMAT CSV',
      { head: 'INSERT INTO "a.b;".`FORMAT x` ', settings: '', format: 'CSV', data: '' },
    ],
    [
      "INSERT INTO FUNCTION remote('h', db.t) /* FORMAT x */ FORMAT CSV",
      { head: "INSERT INTO FUNCTION remote('h', db.t) /* FORMAT x */ ", settings: '', format: 'CSV', data: '' },
    ],
  ])('%j is taken apart', (sql, { data, ...expected }) => {
    const statement = readStatement(sql);

    expect(statement).toMatchObject({ kind: 'insert', ...expected });
    expect(statement.kind === 'insert' && sql.slice(statement.dataStart)).toBe(data);
  });

  test('its data is not looked at', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (data) => {
        const statement = readStatement(`INSERT INTO t FORMAT CSV\n${data}`);

        expect(statement).toMatchObject({ kind: 'insert', format: 'CSV', dataStart: 25 });
      }),
    );
  });
});

describe('any other statement', () => {
  test.each([
    [' SELECT 1 ; -- done\n;', 'SELECT 1 ', 'SELECT', undefined],
    ['SELECT 1 FORMAT JSON', 'SELECT 1 FORMAT JSON', 'SELECT', 'JSON'],
    ['SELECT 1 FORMAT JSON SETTINGS a = 1;', 'SELECT 1 FORMAT JSON SETTINGS a = 1', 'SELECT', 'JSON'],
    ['SELECT format FROM t', 'SELECT format FROM t', 'SELECT', undefined],
    ['SELECT (SELECT 1 FORMAT x)', 'SELECT (SELECT 1 FORMAT x)', 'SELECT', undefined],
    ['INSERT INTO t SELECT format FROM u', 'INSERT INTO t SELECT format FROM u', 'INSERT', undefined],
    ['INSERT INTO t (SELECT 1)', 'INSERT INTO t (SELECT 1)', 'INSERT', undefined],
    ['INSERT INTO t (input) WITH 1 AS a SELECT a', 'INSERT INTO t (input) WITH 1 AS a SELECT a', 'INSERT', undefined],
    [
      "SELECT infile FROM t WHERE a = 'FROM INFILE'",
      "SELECT infile FROM t WHERE a = 'FROM INFILE'",
      'SELECT',
      undefined,
    ],
  ])('%j is a query', (sql, text, verb, format) => {
    const statement = readStatement(sql);

    expect(statement).toEqual({ kind: 'query', text, verb, format });
  });

  test.each([
    ['', 62],
    [' ; ', 62],
    ['SELECT 1; SELECT 2', 62],
    ['INSERT INTO t; DROP TABLE t FORMAT CSV', 62],
    ['INSERT INTO t SELECT 1; DROP TABLE t', 62],
    ['INSERT INTO t FORMAT', 62],
    ["INSERT INTO t FROM INFILE 'x' FORMAT CSV", 1],
    ["INSERT INTO t (a) FROM /* */ infile 'x' SELECT 1", 1],
    ["SELECT 1 INTO OUTFILE 'x'", 1],
    ['SET ROLE admin PARALLEL WITH DROP TABLE t', 48],
    ['WITH 1 AS a INSERT INTO t VALUES (1)', 48],
    ["INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV", 48],
    ['INSERT INTO t SELECT 1 FORMAT CSV', 48],
  ])('%j is refused with %i', (sql, code) => {
    expect(() => readStatement(sql)).toThrow(expect.objectContaining({ code }));
  });

  test('what is read never holds a semicolon of its own, whatever comes', () => {
    const piece = fc.constantFrom(
      'SELECT',
      'INSERT',
      'INTO',
      't',
      'FORMAT',
      'CSV',
      'VALUES',
      ';',
      '(',
      ')',
      "'",
      '`',
      '--',
      '\n',
      '/*',
      '*/',
      'SETTINGS',
      '.',
      'WITH',
      '$$',
      '\0',
    );

    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const sql = pieces.join(' ');
        try {
          const statement = readStatement(sql);
          const text = statement.kind === 'query' ? statement.text : statement.head + statement.settings;
          // Read once more: only one statement is found, with the same text.
          if (statement.kind === 'query') expect(readStatement(text)).toEqual(statement);
          expect(sql).toContain(text.trimEnd());
        } catch (error) {
          expect(error).toBeInstanceOf(FrontError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
