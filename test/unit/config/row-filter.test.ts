import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rowFilterFault } from '../../../config/row-filter.ts';

describe('rowFilterFault', () => {
  test.each([
    "country = 'FR'",
    "country IN ('FR', 'DE') AND (status < 400 OR status IS NULL)",
    "path LIKE '%;--/*#(' OR path = 'it''s' OR path = 'a\\'b'",
    'selected = 1 AND `select` = 2',
    'a - -1 = 2',
  ])('takes %s', (sql) => {
    expect(rowFilterFault(sql)).toBeUndefined();
  });

  test.each([
    ['a = 1) OR (1 = 1', 'brackets'],
    ['(a = 1', 'brackets'],
    ["a = 'x", 'quotes'],
    ["a = 'x\\'", 'quotes'],
    ['a = 1 -- only mine', 'comments'],
    ['a = 1 /* only mine', 'comments'],
    ['a = 1 # only mine', 'comments'],
    ['a = $$x$$', '$'],
    ['a = 1; DROP TABLE t', ';'],
    ['a IN (SELECT b FROM c)', 'subquery'],
    ['a IN(select(1))', 'subquery'],
    [' ', 'condition'],
  ])('refuses %s', (sql, word) => {
    expect(rowFilterFault(sql)).toContain(word);
  });

  test('what it takes leaves no quote, bracket or comment open, whatever the text', () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      '`',
      '\\',
      '(',
      ')',
      '--',
      '/*',
      '#',
      ';',
      'a',
      ' ',
      'select',
      '=',
      "''",
      '1',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const sql = parts.join('');
        if (rowFilterFault(sql) !== undefined) return;

        // The strings taken out by another way than a scan, what is left must be plain and balanced.
        const bare = sql.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g, 's');
        expect(bare).not.toMatch(/['"`;#]|--|\/\*/);
        let rest = bare;
        while (/\([^()]*\)/.test(rest)) rest = rest.replace(/\([^()]*\)/g, '');
        expect(rest).not.toMatch(/[()]/);
      }),
      { numRuns: 3_000 },
    );
  });
});
