import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileContract } from '../../../../functions/ingest/contract.ts';
import { ExactNumber, levelsOf, mayLoseDigits, parseExactly } from '../../../../functions/ingest/exact-number.ts';
import { judgeRows } from '../../../../functions/ingest/judge-rows.ts';
import { type MediaType, parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { STAMP, TABLE } from './stream-contract.ts';

describe('numbers as written', () => {
  test('only numbers that a double may not hold are kept as text', () => {
    const parsed = parseExactly(
      '[1,-0.5,9007199254740991,9007199254740993,1e300,1e-400,0e-400,0.1234567890123456,"9007199254740993"]',
    );
    expect(parsed).toEqual([
      1,
      -0.5,
      new ExactNumber('9007199254740991'),
      new ExactNumber('9007199254740993'),
      new ExactNumber('1e300'),
      new ExactNumber('1e-400'),
      0,
      new ExactNumber('0.1234567890123456'),
      '9007199254740993',
    ]);
  });

  test('everything else is as JSON.parse has it, also `__proto__` and duplicate keys', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = (value: unknown): unknown => {
          if (value instanceof ExactNumber) return Number(value.text);
          if (Array.isArray(value)) return value.map(plain);
          if (typeof value !== 'object' || value === null) return value;
          return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
        };
        expect(plain(parseExactly(text))).toEqual(JSON.parse(text));
      }),
    );
    expect(Object.keys(Object(parseExactly('{"__proto__":1,"a":1,"a":2}')))).toEqual(['__proto__', 'a']);
  });

  test('a text is looked at more closely exactly where its numbers are long', () => {
    const held = [
      '{"a":123456789012345}',
      '"2026-01-01T00:00:00.000000000Z"',
      '[1234567890123456]',
      '[0.30000000000000004]',
    ];
    const uuid = '{"a":"1e-123456-1234567890123456789"}';
    const lost = [
      '{"a":12345678901234567}',
      '{"a":0.12345678901234567}',
      '[1.0000000000000001]',
      '1e-400',
      '[0, -1e-400]',
    ];
    expect([...held, uuid].filter(mayLoseDigits)).toEqual([]);
    expect(lost.filter(mayLoseDigits)).toEqual(lost);
  });

  test('levels are counted outside of strings, and 50,000 of them do not end the process', () => {
    expect(['1', '[]', '[{"a":[]},[]]', '["[[[\\"[[["]'].map(levelsOf)).toEqual([0, 1, 3, 1]);
    expect(parseExactly(`${'['.repeat(50_000)}9007199254740993${']'.repeat(50_000)}`)).toBeDefined();
  });
});

describe('rows with long numbers', () => {
  const sent: readonly [MediaType, (row: string) => string][] = [
    ['application/json', (row) => `[${row}]`],
    ['application/x-ndjson', (row) => row],
  ];

  test.each(sent)('keep every digit in wide columns, in %s', (mediaType, bodyOf) => {
    const columns = [
      { name: 'id', type: 'Int64', defaultKind: '' },
      { name: 'price', type: 'Nullable(Decimal(38, 20))', defaultKind: '' },
      { name: 'ids', type: 'Array(UInt256)', defaultKind: 'DEFAULT' },
    ];
    for (const taken of [columns, columns.filter(({ name }) => name !== 'price')]) {
      const contract = compileContract('hits', [...TABLE, ...taken]);
      const judge = (row: string) => {
        const body = Buffer.from(bodyOf(row));
        return judgeRows(contract, parseRows(body, mediaType), STAMP, 1_000, body.length);
      };
      const price = taken.length === 3 ? ',"price":PRICE' : '';
      const row = (id: string, amount: string, big: string) =>
        `{"name":"a","id":${id},"ids":[${big}]${price.replace('PRICE', amount)}}`;
      const [as, text] = [
        judge(row('9007199254740993', '0.10000000000000000555', '123456789012345678901234567890')),
        judge(row('"9007199254740993"', '"0.10000000000000000555"', '"123456789012345678901234567890"')),
      ];
      expect([as.accepted, as.bytes.equals(text.bytes)]).toEqual([1, true]);
      expect(judge(row('9223372036854775808', '1', '1')).refused[0]?.faults).toMatchObject([
        { column: 'id', code: 'FIELD_RANGE' },
      ]);
    }
  });
});
