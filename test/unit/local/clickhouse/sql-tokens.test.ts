import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sqlTokens } from '../../../../local/clickhouse/sql-tokens.ts';
import { latin1 } from '../../../../local/clickhouse/utf8-text.ts';

describe('sqlTokens', () => {
  test.each([
    ["SELECT 'a''b;c'", ['word SELECT', "string 'a''b;c'"]],
    ["SELECT 'a\\';b';", ['word SELECT', "string 'a\\';b'", 'symbol ;']],
    ['a."b"".c"`d\\`;`', ['word a', 'symbol .', 'quoted "b"".c"', 'quoted `d\\`;`']],
    ['1 -- ;\n2 // ;\n3 # ;\n4 #! ;\n5', ['word 1', 'word 2', 'word 3', 'word 4', 'word 5']],
    ['a#b', ['word a', 'symbol #', 'word b']],
    ['1 /* /* ; */ ; */ 2', ['word 1', 'word 2']],
    ["$$a;'b$$ c", ["string $$a;'b$$", 'word c']],
    ['$t$a;$u$b$t$', ['string $t$a;$u$b$t$']],
    ['$t$ a', ['word $t$', 'word a']],
    ['a$t$ b', ['word a$t$', 'word b']],
    ["'open; /* x", ["string 'open; /* x"]],
    ['a /* open; x', ['word a']],
  ])('splits %j as the engine does', (sql, tokens) => {
    const found = [...sqlTokens(sql)].map(({ kind, text }) => `${kind} ${text}`);

    expect(found).toEqual(tokens);
  });

  test('curly quotes are quotes without escapes, found in the bytes of UTF-8', () => {
    const found = [...sqlTokens(latin1('‘a;\\’ “b;” c'))];

    expect(found.map(({ kind }) => kind)).toEqual(['string', 'quoted', 'word']);
  });

  test('tokens stand in order, do not overlap, and leave out nothing but blanks and comments', () => {
    const sql = fc.array(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '\\',
        ';',
        ' ',
        '\n',
        '-',
        '/',
        '*',
        '#',
        '$',
        'a',
        '(',
        '.',
        '\0',
        '\xe2\x80\x98',
      ),
      { maxLength: 30 },
    );

    fc.assert(
      fc.property(
        sql.map((pieces) => pieces.join('')),
        (text) => {
          let at = 0;
          for (const token of sqlTokens(text)) {
            const between = text.slice(at, token.start).trimStart();
            expect(between === '' || /^(--|\/\/|\/\*|#[ !])/.test(between)).toBe(true);
            expect(token.text).toBe(text.slice(token.start, token.end));
            expect(token.end).toBeGreaterThan(token.start);
            at = token.end;
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
