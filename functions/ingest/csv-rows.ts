import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { type CsvPlace, type CsvRecord, parseCsv, readCsvFields } from './parse-csv.ts';
import type { CsvRows } from './parse-rows.ts';

/**
 * The rows of a CSV body; its first record names the fields, in any order, and is no row. Of more rows than any stream takes only one
 * is read. Of a record only its place is kept: the fields of 10,000 are several times the body, and read again in a few milliseconds.
 *
 * @throws BatchRefusedError BODY_MALFORMED, also where the header is missing, or a name is empty or comes twice
 */
export function csvRows(text: string): CsvRows {
  let names: readonly string[] | undefined;
  const places: CsvPlace[] = [];
  parseCsv(text, (record) => {
    const { start, end, line } = record;
    if (names === undefined) names = readNames(record);
    else places.push({ start, end, line });
    return places.length > STREAM_LIMITS.rows ? 'enough' : undefined;
  });
  if (names === undefined) throw new BatchRefusedError('BODY_MALFORMED', 'The body has no header line.');
  return {
    format: 'csv',
    names,
    values: places,
    fieldsOf: (place) => readCsvFields(text, place),
    rawOf: (row) => text.slice(places[row]?.start, places[row]?.end ?? 0),
    lineOf: (row) => places[row]?.line,
  };
}

function readNames({ fields, line }: CsvRecord): readonly string[] {
  const names = new Set<string>();
  for (const [index, name] of fields.entries()) {
    const problem = typeof name !== 'string' || name === '' ? 'has no name' : names.has(name) ? 'repeats a name' : '';
    if (problem !== '') throw new BatchRefusedError('BODY_MALFORMED', `Line ${line}: field ${index + 1} ${problem}.`);
    names.add(String(name));
  }
  return [...names];
}
