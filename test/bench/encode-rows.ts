import { gzipSync } from 'node:zlib';
import type { BodyFormat } from './data-sets.ts';

/** Said of a batch's body, by its format. */
export const CONTENT_HEADERS = {
  json: { contentType: 'application/json' },
  ndjson: { contentType: 'application/x-ndjson' },
  csv: { contentType: 'text/csv' },
  gzip: { contentType: 'application/x-ndjson', contentEncoding: 'gzip' },
} as const satisfies Record<BodyFormat, { readonly contentType: string; readonly contentEncoding?: 'gzip' }>;

/** A batch's body, as `cli` and EdgeWorker write it. */
export function encodeRows(rows: readonly Readonly<Record<string, unknown>>[], format: BodyFormat): Buffer {
  switch (format) {
    case 'json':
      return Buffer.from(JSON.stringify(rows));
    case 'ndjson':
      return Buffer.from(`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
    case 'csv':
      return Buffer.from(csv(rows));
    case 'gzip':
      return gzipSync(encodeRows(rows, 'ndjson'));
  }
}

/** Quoted where RFC 4180 asks for it; NULL as ClickHouse writes it. */
function csv(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => names.map((name) => csvField(row[name])).join(','));
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
