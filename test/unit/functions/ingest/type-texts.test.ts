import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileColumnType } from '../../../../functions/ingest/column-type.ts';
import { readClickHouseText } from '../../../../functions/ingest/column-types/read-clickhouse-text.ts';
import { readEnumMember, readNamedType, readTypeName } from '../../../../functions/ingest/column-types/type-name.ts';
import { ExactNumber } from '../../../../functions/ingest/exact-number.ts';
import { parseDate } from '../../../../functions/ingest/timestamp.ts';

describe('the name of a type', () => {
  test.each([
    ['UInt8', 'UInt8', []],
    ["DateTime64(3, 'Europe/Paris')", 'DateTime64', ['3', "'Europe/Paris'"]],
    ['Map(String, Array(Tuple(a UInt8, b String)))', 'Map', ['String', 'Array(Tuple(a UInt8, b String))']],
    ["Enum8('a,)' = 1, 'it\\'s(' = 2)", 'Enum8', ["'a,)' = 1", "'it\\'s(' = 2"]],
    ['Tuple(`a, )` UInt8)', 'Tuple', ['`a, )` UInt8']],
  ])('%s is taken apart outside of quotes and brackets', (text, name, args) => {
    expect(readTypeName(text)).toEqual({ name, args });
  });

  test('names and members lose their quotes and escapes', () => {
    expect(readNamedType('`odd \\` name` Map(String, UInt8)')).toEqual({
      name: 'odd ` name',
      type: 'Map(String, UInt8)',
    });
    expect(readNamedType('a.b DateTime64(3)')).toEqual({ name: 'a.b', type: 'DateTime64(3)' });
    expect(readNamedType("DateTime64(3, 'UTC')")).toBeUndefined();
    expect(readEnumMember("'it\\'s \\\\' = -128")).toEqual({ name: "it's \\", value: -128 });
  });

  test('any text compiles or does not, and nothing throws', () => {
    const piece = fc.constantFrom(
      'Array(',
      'Map(String,',
      'Tuple(a ',
      'Enum8(',
      "'a' = 1",
      ')',
      '`',
      "'",
      '\\',
      ',',
      'UInt8',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((pieces) => pieces.join('')),
          fc.string(),
        ),
        (text) => {
          const type = compileColumnType(text);
          expect([undefined, 'function']).toContain(typeof type === 'undefined' ? undefined : typeof type.encode);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a value as ClickHouse writes it', () => {
  test.each([
    ['[]', []],
    ["[1, -2.5,NULL,'it\\'s\\n',true]", [1, -2.5, null, "it's\n", true]],
    [
      "{'a':1,'__proto__':[2],'a':3}",
      Object.fromEntries([
        ['a', 3],
        ['__proto__', [2]],
      ]),
    ],
    ["(1,('a',NULL))", [1, ['a', null]]],
    ['[9007199254740993]', [new ExactNumber('9007199254740993')]],
    ["{1:'a'}", { 1: 'a' }],
  ])('%s', (text, value) => {
    expect(readClickHouseText(text)).toEqual(value);
  });

  test.each([
    '',
    '[',
    '[1',
    '[1,]',
    '[,1]',
    '[1]]',
    '["a"]',
    "['a]",
    '{1}',
    '{[]:1}',
    'a',
    '[nan]',
    `${'['.repeat(200)}${']'.repeat(200)}`,
  ])('%.20j is none, and stays the text that it is', (text) => {
    expect(readClickHouseText(text)).toBe(text);
  });

  test('what is written by the rules is read back, and no text throws', () => {
    const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    const write = (value: unknown): string =>
      Array.isArray(value) ? `[${value.map(write).join(',')}]` : quoted(String(value));
    const nested = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.string(), fc.array(tie('value'), { maxLength: 4 })),
    })).value;
    fc.assert(
      fc.property(fc.array(nested), fc.string({ unit: fc.constantFrom(..."[]{}(),:'\\1aN -") }), (values, text) => {
        expect(readClickHouseText(write(values))).toEqual(values);
        readClickHouseText(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a date', () => {
  test('counts days since 1970', () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), (days) => {
        expect(parseDate(new Date(days * 86_400_000).toISOString().slice(0, 10))).toBe(days);
      }),
    );
  });

  test.each([
    ['2026-02-29', 'range'],
    ['2024-02-30', 'range'],
    ['2026-13-01', 'range'],
    ['2026-00-10', 'range'],
    ['2026-01-00', 'range'],
    ['2026-1-1', 'form'],
    ['2026-01-01 ', 'form'],
    ['2026/01/01', 'form'],
    ['', 'form'],
  ])('%j is none', (text, problem) => {
    expect(parseDate(text)).toBe(problem);
  });
});
