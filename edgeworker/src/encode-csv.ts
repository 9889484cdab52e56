import { type BodyRefused, checkEvents, refuseBody } from './body-limits.ts';
import { type CsvRecord, csvField, csvFieldAt, csvLine, csvRecords, csvText } from './csv-records.ts';
import type { EncodedBatch } from './deliver-batch.ts';
import type { EdgeFacts } from './enrich.ts';
import type { CollectorLimits } from './settings.ts';

/**
 * The batch that goes on for a CSV body: still CSV, because only ingest knows what the texts mean to the columns. The edge's columns
 * come first, the client's own follow as they were written; those of the edge's names are left out.
 */
export function encodeCsv(text: string, facts: EdgeFacts, limits: CollectorLimits): EncodedBatch | BodyRefused {
  const read = csvRecords(text, limits.maxEvents + 2);
  const [head, ...records] = read ?? [];
  const header = head?.ends.map((_end, index) => csvFieldAt(text, head, index)) ?? [];
  const names = header.map(csvText);
  if (read === undefined || !isHeader(header, names)) {
    return refuseBody('BODY_MALFORMED', 'The body is not CSV with a header line of different names.');
  }
  const refused = checkEvents(text, records.length, facts, limits);
  if (refused !== undefined) return refused;

  const edge = new Map<string, unknown>(Object.entries({ ...facts.visitor, request_id: undefined }));
  const kept = names.flatMap((name, index) => (edge.has(name) ? [] : [index]));
  if (kept.length === 0) return refuseBody('BODY_MALFORMED', 'The header line names nothing that a page may send.');
  const own = (record: CsvRecord): string =>
    kept.length === names.length
      ? csvLine(text, record)
      : kept.map((index) => csvFieldAt(text, record, index)).join(',');
  // An empty column would still be one that the stream has to have.
  const known = [...edge].filter(([, value]) => value !== undefined && value !== null);
  const values = known.map(([, value]) => `${csvField(String(value))},`).join('');

  const columns = [...known.map(([name]) => csvField(name)), '"request_id"', ...kept.map((index) => header[index])];
  const lines = [columns.join(',')];
  for (const [row, record] of records.entries()) {
    // With fields left out, a record of the wrong length could have the right one. As a single field it stays wrong.
    const isWhole = record.ends.length === names.length;
    lines.push(isWhole ? `${values}"${facts.batchId}/${row}",${own(record)}` : csvField(csvLine(text, record)));
  }
  return { batchId: facts.batchId, contentType: 'text/csv', body: lines.join('\n'), rows: records.length };
}

/** What ingest takes as a header: `\N` is no name. */
function isHeader(fields: readonly string[], names: readonly string[]): boolean {
  const named = names.every((name) => name !== '') && !fields.includes('\\N');
  return fields.length > 0 && named && new Set(names).size === names.length;
}
