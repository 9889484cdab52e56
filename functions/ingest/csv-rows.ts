import { STREAM_LIMITS } from '../../config/stream-limits.ts';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { type CsvRecord, parseCsv } from './parse-csv.ts';
import type { CsvRows } from './parse-rows.ts';

/**
 * The rows of a CSV body; its first record names the fields, in any order, and is no row. Of more rows than any stream takes only one
 * is read.
 *
 * @throws BatchRefusedError BODY_MALFORMED, also where the header is missing, or a name is empty or comes twice
 */
export function csvRows(text: string): CsvRows {
  let names: readonly string[] | undefined;
  const records: CsvRecord[] = [];
  parseCsv(text, (record) => {
    if (names === undefined) names = readNames(record);
    else records.push(record);
    return records.length > STREAM_LIMITS.rows ? 'enough' : undefined;
  });
  if (names === undefined) throw new BatchRefusedError('BODY_MALFORMED', 'The body has no header line.');
  return {
    format: 'csv',
    names,
    values: records,
    rawOf: (row) => text.slice(records[row]?.start, records[row]?.end ?? 0),
    lineOf: (row) => records[row]?.line,
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
