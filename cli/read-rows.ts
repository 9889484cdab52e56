import { parseCombinedLine } from '../local/log/combined-log.ts';
import type { InputRow, RowText } from '../local/log/row-input.ts';
import { splitLines } from '../local/log/split-lines.ts';
import { splitCsvRecords } from './split-csv-records.ts';
import { splitJsonArray } from './split-json-array.ts';

/** `json` is one array of objects; `csv` has a header; `combined` is an access log, which fills `web_events`. */
export const INPUT_FORMATS = ['ndjson', 'json', 'csv', 'combined'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** Bytes. Ingest keeps rows of over 64 KB in quarantine and needs to see them for that; far beyond, a row is not a row. */
const LONGEST_ROW = 1_000_000;

/**
 * Reads rows one by one, however long the input. A row is judged only as far as a batch needs it (it has to be JSON, or a record of
 * CSV, in UTF-8): whether it fits the stream is for ingest to say.
 */
export async function* readRows(chunks: AsyncIterable<Uint8Array>, format: InputFormat): AsyncGenerator<InputRow> {
  if (format === 'csv') return yield* csvRows(splitCsvRecords(chunks, LONGEST_ROW));
  const texts = format === 'json' ? splitJsonArray(chunks, LONGEST_ROW) : splitLines(chunks, LONGEST_ROW);
  const parse = format === 'combined' ? combinedRow : jsonRow;
  for await (const row of texts) yield row.kind === 'text' ? parse(row) : row;
}

/** The first record names the fields; without it, no other can be sent. */
async function* csvRows(records: AsyncIterable<RowText>): AsyncGenerator<InputRow> {
  let isHeader = true;
  for await (const record of records) {
    if (record.kind === 'text') yield isHeader ? { kind: 'header', text: record.text } : { ...record, kind: 'row' };
    else yield record;
    if (record.kind === 'refused' && isHeader) return;
    isHeader = false;
  }
}

type Text = Extract<RowText, { kind: 'text' }>;

function combinedRow({ line, text }: Text): InputRow {
  const parsed = parseCombinedLine(text);
  if (parsed.kind === 'refused') return { ...parsed, line };
  return { kind: 'row', line, text: JSON.stringify(parsed.event) };
}

function jsonRow({ line, text }: Text): InputRow {
  try {
    JSON.parse(text);
  } catch {
    return { kind: 'refused', line, reason: 'it is not JSON' };
  }
  // The text goes on as it is, since parsed numbers lose digits beyond 2^53. In valid JSON a line break is white space.
  return { kind: 'row', line, text: text.replaceAll(/[\r\n]+/g, ' ').trim() };
}
