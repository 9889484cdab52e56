import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { trimBlanks } from '../../../../functions/shared/trim-blanks.ts';

describe('a header’s value', () => {
  test.each([
    ['', ''],
    [' \t ', ''],
    [' \ta b\t ', 'a b'],
    ['\xa0a\xa0', '\xa0a\xa0'],
    ['\ufeffa\u2028', '\ufeffa\u2028'],
    ['\na\r', '\na\r'],
  ])('%j is %j', (value, trimmed) => {
    expect(trimBlanks(value)).toBe(trimmed);
  });

  test('keeps all that is not a blank or a tab at its ends', () => {
    const blanks = fc.stringMatching(/^[ \t]{0,9}$/);
    const kept = fc.string({ unit: 'binary' }).filter((text) => !/^[ \t]|[ \t]$/.test(text));
    fc.assert(
      fc.property(blanks, kept, blanks, (before, value, after) => {
        expect(trimBlanks(before + value + after)).toBe(value);
      }),
    );
  });
});
