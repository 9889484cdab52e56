import { gzipSync } from 'node:zlib';

/** A body in one of the formats that ingest takes. */
export interface FormattedBody {
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding?: 'gzip';
}

export const BATCH_FORMATS = ['json', 'ndjson', 'ndjson in gzip', 'csv'] as const;
export type BatchFormat = (typeof BATCH_FORMATS)[number];

export function formatRows(rows: readonly unknown[], format: BatchFormat): FormattedBody {
  switch (format) {
    case 'json':
      return { body: Buffer.from(JSON.stringify(rows)), contentType: 'application/json' };
    case 'ndjson':
      return { body: lines(rows), contentType: 'application/x-ndjson' };
    case 'ndjson in gzip':
      return { body: gzipSync(lines(rows)), contentType: 'application/x-ndjson', contentEncoding: 'gzip' };
    case 'csv':
      return { body: records(rows), contentType: 'text/csv' };
  }
}

function lines(rows: readonly unknown[]): Buffer {
  return Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
}

/** A field that a row has not is empty. */
function records(rows: readonly unknown[]): Buffer {
  const members = rows.map((row) => new Map<string, unknown>(Object.entries(row ?? {})));
  const names = [...new Set(members.flatMap((row) => [...row.keys()]))];
  const body = members.map((row) => names.map((name) => field(row.get(name))).join(','));
  return Buffer.from([names.join(','), ...body].join('\r\n'));
}

function field(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  return `"${textOf(value).replaceAll('"', '""')}"`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  // As ClickHouse writes an array of texts.
  if (Array.isArray(value)) return `[${value.map((item) => `'${String(item)}'`).join(',')}]`;
  return JSON.stringify(value);
}
