import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CsvRecord,
  csvField,
  csvFieldAt,
  csvLine,
  csvRecords,
  csvText,
} from '../../../edgeworker/src/csv-records.ts';
import { type CsvField, type CsvRecord as IngestRecord, parseCsv } from '../../../functions/ingest/parse-csv.ts';

/** What CSV is made of, often enough to matter. */
const PIECES = [
  'a',
  '1',
  ',',
  ',',
  '"',
  '"',
  '""',
  '\n',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '\\N',
  '\ufeff',
  'é',
  '\u2028',
  '\0',
];

describe('the records of a CSV text', () => {
  test('are those that ingest reads, and where ingest refuses a text there are none', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');

        const records = csvRecords(text, Number.POSITIVE_INFINITY);

        const asIngest = readByIngest(text);
        expect(records?.map((record) => fieldsOf(text, record).map(meaning))).toEqual(
          asIngest?.map(({ fields }) => fields),
        );
        expect(records?.map((record) => csvLine(text, record))).toEqual(
          asIngest?.map(({ start, end }) => text.slice(start, end)),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  test('hold the texts that were written, whatever these are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 })),
        fc.constantFrom('\n', '\r\n'),
        (texts, lineEnd) => {
          const written = texts.map((fields) => fields.map(csvField).join(',')).join(lineEnd);

          const records = csvRecords(written, Number.POSITIVE_INFINITY);

          expect(records?.map((record) => fieldsOf(written, record).map(csvText))).toEqual(texts);
        },
      ),
    );
  });

  test('are no more than were asked for, whatever follows', () => {
    const text = 'a\n1\n2\n"';

    const records = csvRecords(text, 2);

    expect(records?.map((record) => csvLine(text, record))).toEqual(['a', '1']);
  });

  test.each([
    ['a quote that is never closed', `"${'""'.repeat(32_767)}`, undefined],
    ['a field after field', ','.repeat(65_536), 1],
    ['a line after line', 'a\n'.repeat(32_768), 32_768],
    ['a carriage return after carriage return', '\r'.repeat(65_536), undefined],
  ])('of 64 KiB of %s are read without delay', (_name, text, count) => {
    const before = performance.now();

    const records = csvRecords(text, Number.POSITIVE_INFINITY);

    expect(records?.length).toBe(count);
    // A share of the 100 ms of the smallest tier; anything worse than linear would need seconds.
    expect(performance.now() - before).toBeLessThan(500);
  });
});

function readByIngest(text: string): readonly IngestRecord[] | undefined {
  const records: IngestRecord[] = [];
  try {
    parseCsv(text, (record) => {
      records.push(record);
      return undefined;
    });
    return records;
  } catch {
    return undefined;
  }
}

function fieldsOf(text: string, record: CsvRecord): readonly string[] {
  return record.ends.map((_end, index) => csvFieldAt(text, record, index));
}

/** What ingest makes of a field as it stands. */
function meaning(field: string): CsvField {
  if (field === '') return undefined;
  return field === '\\N' ? null : csvText(field);
}
