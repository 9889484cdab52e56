import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CsvField, parseCsv } from '../../../../functions/ingest/parse-csv.ts';
import { type CsvRows, parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { refusalCode } from './refusal-code.ts';

function fieldsOf(text: string): readonly (readonly CsvField[])[] {
  const records: (readonly CsvField[])[] = [];
  parseCsv(text, ({ fields }) => {
    records.push(fields);
    return undefined;
  });
  return records;
}

function csv(text: string): CsvRows {
  const rows = parseRows(Buffer.from(text), 'text/csv');
  if (rows.format !== 'csv') throw new Error('expected CSV rows');
  return rows;
}

describe('CSV', () => {
  test.each([
    [
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a,b\n', [['a', 'b']]],
    ['"a,b","c""d","e\nf"', [['a,b', 'c"d', 'e\nf']]],
    ['a,,"",\\N,"\\N"', [['a', undefined, '', null, '\\N']]],
    [' a , "b" ', undefined],
    [' a , b ', [[' a ', ' b ']]],
    ['\uFEFF"a",b', [['a', 'b']]],
    ['a\n\n\r\nb\n\n', [['a'], ['b']]],
    ['a\n""\n', [['a'], ['']]],
    ['a,', [['a', undefined]]],
    [',', [[undefined, undefined]]],
    ["'a,b'", [["'a", "b'"]]],
    ['\\n\\x41', [['\\n\\x41']]],
    ['', []],
    ['a"b', undefined],
    ['"a"b', undefined],
    ['"a" ,b', undefined],
    ['"a', undefined],
    ['"a""', undefined],
    ['a\rb', undefined],
    ['"a"\rb', undefined],
  ])('%j', (text, expected) => {
    if (expected === undefined) expect(refusalCode(() => fieldsOf(text))).toBe('BODY_MALFORMED');
    else expect(fieldsOf(text)).toEqual(expected);
  });

  test('what a writer by the RFC writes is read back, whatever it holds', () => {
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'a,"\r\n\\N') }));
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 1 })), fc.constantFrom('\n', '\r\n'), (records, end) => {
        const written = records.map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        expect(fieldsOf(written.join(end))).toEqual(records);
      }),
      { numRuns: 500 },
    );
  });

  test('any text is read or refused, each record with its own text and line', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab,"\r\n\\N'), maxLength: 40 });
    fc.assert(
      fc.property(text, (body) => {
        const outcome = refusalCode(() => {
          parseCsv(body, ({ fields, start, end, line }) => {
            expect(fieldsOf(body.slice(start, end))).toEqual([fields]);
            expect(body.slice(0, start).split('\n')).toHaveLength(line);
            return undefined;
          });
        });
        expect(['taken', 'BODY_MALFORMED']).toContain(outcome);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a fault is told by its line and not by its text', () => {
    expect(() => fieldsOf('a\n"b\nc"\nd"canary')).toThrow(
      /^Line 4 is not CSV: a quote inside a field without quotes\.$/,
    );
    expect(() => fieldsOf('a\n"canary\n\n')).toThrow(/^Line 2 is not CSV: a quote that is never closed\.$/);
  });

  test('the header is no row, and rows know their text and line', () => {
    const rows = csv('\n"name",x\n\n"a\nb",1\nc,2');
    expect([rows.names, rows.values.length]).toEqual([['name', 'x'], 2]);
    expect([rows.rawOf(0), rows.rawOf(1), rows.rawOf(2)]).toEqual(['"a\nb",1', 'c,2', '']);
    expect([rows.lineOf(0), rows.lineOf(1), rows.lineOf(2)]).toEqual([4, 6, undefined]);
  });

  test.each(['', '\n\n', 'a,a\n1,2', 'a,\n1,2', 'a,""\n1,2', '\\N\n1'])('%j has no header to go by', (text) => {
    expect(refusalCode(() => csv(text))).toBe('BODY_MALFORMED');
  });

  test('of more rows than any stream takes one is read, and nothing behind it', () => {
    const body = `a\n${'1\n'.repeat(10_001)}"`;
    expect(csv(body).values).toHaveLength(10_001);
    expect(parseRows(Buffer.from(`${'{}\n'.repeat(10_001)}{`), 'application/x-ndjson').values).toHaveLength(10_001);
  });
});
