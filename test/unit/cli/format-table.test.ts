import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatTable } from '../../../cli/format-table.ts';
import { printable, printableJson } from '../../../cli/printable.ts';

describe('a table', () => {
  test('has its texts to the left, its numbers to the right, and a dash for what is not known', () => {
    expect(
      formatTable(
        ['name', 'rows', 'note'],
        [
          ['a', 1, undefined],
          ['longer', 1000, 'x'],
        ],
      ),
    ).toEqual(['name    rows  note', 'a          1  -', 'longer  1000  x']);
  });

  test('is its head alone where it has no rows', () => {
    expect(formatTable(['name', 'rows'], [])).toEqual(['name  rows']);
  });

  test('has one line a row, aligned, of printable characters, whatever a sender wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.nat()), { minLength: 1 }), (rows) => {
        const lines = formatTable(['text', 'count'], rows);
        expect(lines).toHaveLength(rows.length + 1);
        expect(lines.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(new Set(lines.map((line) => line.length)).size).toBe(1);
      }),
    );
  });
});

describe('a printable text', () => {
  test.each([
    ['\u001b[2J', '\\u{1b}[2J'],
    ['\u202eevil', '\\u{202e}evil'],
    ['a\nb\tc', 'a\\u{a}b\\u{9}c'],
    ['\u2028', '\\u{2028}'],
    ['\ud800', '\\u{d800}'],
    ['żółw 🐢', 'żółw 🐢'],
  ])('shows what would steer the terminal: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('that is JSON stays the same JSON', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        const shown = printableJson(JSON.stringify(JSON.parse(json)));
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(shown)).toEqual(JSON.parse(json));
      }),
    );
  });
});
