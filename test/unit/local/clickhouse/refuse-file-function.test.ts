import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refuseFileFunction } from '../../../../local/clickhouse/refuse-file-function.ts';

describe('the function that reads files', () => {
  test.each([
    "SELECT file('/etc/passwd')",
    "SELECT 1 + length(file ('/etc/passwd'))",
    "SELECT file/* or not */('/etc/passwd')",
    'SELECT `file`(x)',
    'SELECT "file"(x)',
    'SELECT `\\x66ile`(x)',
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT * apply file FROM (SELECT '/etc/passwd' AS x)",
    "INSERT INTO d.t SELECT file('/etc/passwd')",
    "SELECT * FROM file('x', LineAsString)",
  ])('is refused: %s', (sql) => {
    expect(() => refuseFileFunction(sql)).toThrow(expect.objectContaining({ code: 497 }));
  });

  test.each([
    'SELECT file FROM d.t',
    'SELECT d.file, (file) FROM d.t',
    "SELECT 'file(x)', files(x), filesystemName, FILE",
    'SELECT 1 -- file(x)',
    'SELECT `a\\`b` FROM d.t',
    'INSERT INTO d.t (id, file) VALUES',
  ])('is not what this speaks of: %s', (sql) => {
    expect(() => refuseFileFunction(sql)).not.toThrow();
  });

  test('is refused whatever stands around the call', () => {
    const blank = fc.constantFrom('', ' ', '\n', '/* ( */', '-- x\n');
    const around = fc.constantFrom('', "'a'", '1', 'file', '(', '`x`', 'AS file', '$t$ x $t$');
    fc.assert(
      fc.property(
        around,
        blank,
        fc.constantFrom('file', '`file`', '"file"'),
        blank,
        around,
        (before, gap, name, space, after) => {
          expect(() => refuseFileFunction(`SELECT ${before} ${gap}${name}${space}('x') ${after}`)).toThrow();
        },
      ),
    );
  });
});
