import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementTexts, type MediaType, parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { refusalCode } from './refusal-code.ts';

const MEDIA_TYPES: readonly MediaType[] = ['application/json', 'application/x-ndjson'];

describe('rows of a body', () => {
  test('bytes of any kind either parse or are refused as malformed', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string().map((text) => Buffer.from(`[${text}]`)),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(...MEDIA_TYPES), (body, mediaType) => {
        expect(['taken', 'BODY_MALFORMED']).toContain(refusalCode(() => parseRows(Buffer.from(body), mediaType)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('the text of each element is found whatever strings and nesting it holds', () => {
    const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), space, (values, gap) => {
        const texts = values.map((value) => JSON.stringify(value));
        const text = `${gap}[${gap}${texts.join(`${gap},${gap}`)}${gap}]${gap}`;
        expect(elementTexts(text)).toEqual(texts);
      }),
      { numRuns: 500 },
    );
  });

  test.each(['"\\""', '"\\\\"', '"],["', '{"a]":"}\\\\\\""}', '[[],{"b":[{}]}]', '"\\u0022,"'])(
    'an element %s is not cut in two',
    (element) => {
      expect(elementTexts(`[1,${element},2]`)).toEqual(['1', element, '2']);
    },
  );

  test('lines are numbered as in the body, and blank ones are no rows', () => {
    const rows = parseRows(Buffer.from('\n{"a":1}\r\n \t\r\n{"a":2}\n'), 'application/x-ndjson');
    expect(rows.values).toEqual([{ a: 1 }, { a: 2 }]);
    expect([rows.lineOf(0), rows.lineOf(1), rows.lineOf(2)]).toEqual([2, 4, undefined]);
  });

  test.each([
    ['application/json', '{}'],
    ['application/json', 'null'],
    ['application/json', ''],
    ['application/json', '[1,]'],
    ['application/json', '\uFEFF[]'],
    ['application/x-ndjson', '{"a":1}\n{"a"'],
    ['application/x-ndjson', '{"a":1}{"a":2}'],
  ] as const)('%s %j is malformed', (mediaType, body) => {
    expect(refusalCode(() => parseRows(Buffer.from(body), mediaType))).toBe('BODY_MALFORMED');
  });

  test.each([
    ['application/json', (arrays: number) => `[${'[],'.repeat(arrays - 2)}[]]`],
    ['application/json', (arrays: number) => `[{"a":"${'['.repeat(arrays - 2)}"}]`],
    ['application/x-ndjson', (arrays: number) => `{"a":[${'{},'.repeat(arrays - 3)}{}]}`],
    ['text/csv', (arrays: number) => `a\n"${'['.repeat(arrays)}"`],
  ] as const)('%s with more than a million arrays and objects is too large', (mediaType, bodyWith) => {
    const codes = [1_000_000, 1_000_001].flatMap((arrays) => {
      const body = bodyWith(arrays);
      return [Buffer.from(body), body].map((sent) => refusalCode(() => parseRows(sent, mediaType)));
    });
    expect(codes).toEqual(['taken', 'taken', 'BODY_TOO_LARGE', 'BODY_TOO_LARGE']);
  });

  test('a body that is not UTF-8 is malformed', () => {
    expect(refusalCode(() => parseRows(Buffer.from([0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d]), 'application/json'))).toBe(
      'BODY_MALFORMED',
    );
  });

  test('a malformed line is told by its number and not by its text', () => {
    expect(() => parseRows(Buffer.from('{}\ncanary'), 'application/x-ndjson')).toThrow(/^Line 2 is not JSON\.$/);
  });
});
