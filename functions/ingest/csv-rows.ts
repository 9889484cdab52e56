import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { type CsvField, type CsvPlace, type CsvRecord, parseCsv, readCsvFields } from './parse-csv.ts';
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
  const header = names;
  const fieldsOf = (place: CsvPlace) => readCsvFields(text, place);
  const rawOf = (row: number) => text.slice(places[row]?.start, places[row]?.end ?? 0);
  return {
    format: 'csv',
    names,
    values: places,
    fieldsOf,
    rawOf,
    keptOf: (row) => {
      const place = places[row];
      return (place && keptRecord(header, fieldsOf(place))) ?? rawOf(row);
    },
    lineOf: (row) => places[row]?.line,
  };
}

/** Characters of a header that is kept with each refused record: of 10,000 of them a longer one would make hundreds of megabytes. */
const MOST_NAMES = 4_096;

/**
 * A record with the names of its fields, `[{"id":"1","name":"a"}]`, `null` for `\\N` and without those that are empty. In an array, which
 * no JSON row that could ever be stored is: its texts are not JSON's, for they mean what their columns read in them. Under a longer header
 * the fields alone, for a person to read: there both `\\N` and an empty one are `null`.
 *
 * @returns undefined where nobody can say which field has which name
 */
function keptRecord(names: readonly string[], fields: readonly CsvField[]): string | undefined {
  if (fields.length !== names.length) return undefined;
  if (names.reduce((sum, { length }) => sum + length, 0) > MOST_NAMES) return JSON.stringify(fields);
  return JSON.stringify([Object.fromEntries(names.map((name, at) => [name, fields[at]]))]);
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
