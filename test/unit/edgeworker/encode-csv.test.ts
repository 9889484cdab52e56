import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeCsv } from '../../../edgeworker/src/encode-csv.ts';
import type { EdgeFacts } from '../../../edgeworker/src/enrich.ts';
import { csvRows } from '../../../functions/ingest/csv-rows.ts';
import type { CsvField } from '../../../functions/ingest/parse-csv.ts';
import { SETTINGS } from './fake-edge.ts';

const FACTS: EdgeFacts = {
  batchId: 'b-1',
  visitor: { country: 'FR', city: undefined, user_agent: 'A "quoted", one', hits: 7 },
};
const { limits } = SETTINGS;

describe('a CSV body', () => {
  test('goes on as CSV with the columns of the edge in front', () => {
    const sent = encodeCsv('path,status\r\n/a,200\r\n"/b,c",\n', FACTS, limits);

    expect(sent).toEqual({
      batchId: 'b-1',
      contentType: 'text/csv',
      rows: 2,
      body: [
        '"country","user_agent","hits","request_id",path,status',
        '"FR","A ""quoted"", one","7","b-1/0",/a,200',
        '"FR","A ""quoted"", one","7","b-1/1","/b,c",',
      ].join('\n'),
    });
  });

  test('loses the columns that are the edge’s alone, those that it does not know included', () => {
    const rows = rowsOf('"country",path,city,request_id,hits\nXX,/a,ATLANTIS,mine,9\n', FACTS);

    expect(rows).toEqual([{ path: '/a', ...KNOWN, request_id: 'b-1/0' }]);
  });

  test('keeps an absent field, an empty one and NULL apart', () => {
    const rows = rowsOf('path,a,b,c\n/,,"",\\N\n', { batchId: 'b-1', visitor: {} });

    expect(rows).toEqual([{ path: '/', a: undefined, b: '', c: null, request_id: 'b-1/0' }]);
  });

  test('keeps a record of the wrong length wrong, though fields are left out of it', () => {
    const texts = ['path,country\n/a\n', 'path,country\n/a,FR,1,2,3\n', 'country,path\n"x,""y"\n'];

    const lengths = texts.map((text) => readByIngest(text, FACTS));

    for (const { names, records } of lengths) expect(records[0]).not.toHaveLength(names.length);
    expect(lengths[2]?.records).toEqual([['"x,""y"']]);
  });

  test.each([
    ['nothing', '', 'BODY_MALFORMED'],
    ['a line that names nothing', ',\n1,2\n', 'BODY_MALFORMED'],
    ['a name twice', 'a,"a"\n1,2\n', 'BODY_MALFORMED'],
    ['NULL for a name', '\\N\n1\n', 'BODY_MALFORMED'],
    ['a quote that is never closed', 'a\n"1\n', 'BODY_MALFORMED'],
    ['only columns of the edge', 'country,request_id\nFR,1\n', 'BODY_MALFORMED'],
    ['a header and no events', 'a\n\n\n', 'ROWS_EMPTY'],
    ['too many events', `a\n${'1\n'.repeat(501)}`, 'EVENTS_TOO_MANY'],
  ])('that is %s is refused', (_name, text, code) => {
    const sent = encodeCsv(text, FACTS, limits);

    expect(sent).toMatchObject({ kind: 'refused', code });
  });

  test('of as many events as are taken goes on whole', () => {
    const sent = encodeCsv(`a\n${'1\n'.repeat(500)}`, FACTS, limits);

    expect(sent).toMatchObject({ rows: 500 });
  });

  test('that the edge would make too long is refused before it does', () => {
    const visitor = { user_agent: 'x'.repeat(1_000) };

    const sent = encodeCsv(`a\n${'1\n'.repeat(440)}`, { batchId: 'b-1', visitor }, limits);

    expect(sent).toMatchObject({ kind: 'refused', code: 'BODY_TOO_LARGE' });
  });

  test('says to ingest what its sender wrote and what the edge knows, whatever the two are', () => {
    const name = fc.oneof(
      fc.constantFrom('country', 'city', 'request_id'),
      fc.string({ minLength: 1, unit: 'binary' }),
    );
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 5 });
    const value = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
    const visitor = fc.record({ country: value, city: value });
    const body = names.chain((header) =>
      fc.record({ header: fc.constant(header), rows: fc.array(fc.array(value, lengthOf(header)), { minLength: 1 }) }),
    );
    fc.assert(
      fc.property(body, visitor, ({ header, rows }, knows) => {
        const text = [header, ...rows].map((fields) => fields.map(written).join(',')).join('\n');
        const own = header.flatMap((column, index) => (EDGE.includes(column) ? [] : [index]));

        const sent = encodeCsv(text, { batchId: 'b-1', visitor: knows }, limits);

        if (own.length === 0 || 'kind' in sent) {
          // A line of one absent field is blank, and blank lines are no events.
          expect(own.length === 0 || (header.length === 1 && rows.every(([only]) => only === undefined))).toBe(true);
          return;
        }
        const told = header.length === 1 ? rows.filter(([only]) => only !== undefined) : rows;
        expect(rowsOf(text, { batchId: 'b-1', visitor: knows })).toEqual(
          told.map((fields, row) => ({
            ...Object.fromEntries(Object.entries(knows).filter(([, known]) => known !== undefined)),
            request_id: `b-1/${row}`,
            ...Object.fromEntries(own.map((index) => [header[index], fields[index]])),
          })),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('is taken or refused as ingest would, whatever it is', () => {
    const pieces = ['path', 'country', 'x', ',', ',', '"', '\n', '\n', '\r\n', '\\N', '\ufeff'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 15 }), (parts) => {
        const text = `path,x\n${parts.join('')}`;

        const sent = encodeCsv(text, FACTS, limits);

        if (!('kind' in sent)) {
          const there = recordsOf(sent.body);
          const direct = recordsOf(text);
          expect(there).toHaveLength(sent.rows);
          expect(direct).toHaveLength(sent.rows);
          // Four columns of the edge.
          const fits = direct.map((fields) => fields.length === 2);
          expect(there.map((fields) => fields.length === 6)).toEqual(fits);
        } else if (sent.code === 'BODY_MALFORMED') {
          expect(() => csvRows(text)).toThrow();
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

const EDGE: readonly string[] = ['country', 'city', 'request_id'];
const KNOWN = { country: 'FR', user_agent: 'A "quoted", one', hits: '7' };

function lengthOf({ length }: readonly string[]) {
  return { minLength: length, maxLength: length };
}

function written(value: CsvField): string {
  return typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : '';
}

function readByIngest(text: string, facts: EdgeFacts) {
  const sent = encodeCsv(text, facts, limits);
  if ('kind' in sent) throw new Error(sent.detail);
  return { names: csvRows(sent.body).names, records: recordsOf(sent.body) };
}

function recordsOf(text: string): readonly (readonly CsvField[])[] {
  const { values, fieldsOf } = csvRows(text);
  return values.map(fieldsOf);
}

function rowsOf(text: string, facts: EdgeFacts): readonly object[] {
  const { names, records } = readByIngest(text, facts);
  return records.map((fields) => Object.fromEntries(names.map((name, index) => [name, fields[index]])));
}
