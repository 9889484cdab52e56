import type { ColumnDescription } from '../../../../functions/ingest/batch-store.ts';
import { compileContract, STAMPED_COLUMNS } from '../../../../functions/ingest/contract.ts';
import type { BatchStamp } from '../../../../functions/ingest/judge-rows.ts';

/** Of the stamps; the others are texts that come again and again. */
export const STAMP_TYPES: Readonly<Record<string, string>> = {
  _batch_id: 'UUID',
  _batch_digest: 'String',
  _batch_rows: 'UInt32',
  _row: 'UInt32',
  _received_at: "DateTime64(3, 'UTC')",
};

/** A small table as `system.columns` tells of it: a required, a nullable and a defaulted field, then the stamps. */
export const TABLE: readonly ColumnDescription[] = [
  { name: 'name', type: 'String', defaultKind: '' },
  { name: 'status', type: 'Nullable(UInt8)', defaultKind: '' },
  { name: 'country', type: 'LowCardinality(String)', defaultKind: 'DEFAULT' },
  ...STAMPED_COLUMNS.map((name) => ({ name, type: STAMP_TYPES[name] ?? 'String', defaultKind: '' })),
];

export const CONTRACT = compileContract('hits', TABLE);

/** The same with a column whose type has no layout in the Native format, so that it goes out row by row. */
export const ROWS_TABLE: readonly ColumnDescription[] = [
  ...TABLE,
  { name: 'kind', type: "Nullable(Enum8('a' = 1))", defaultKind: '' },
];

export const ROWS_CONTRACT = compileContract('hits', ROWS_TABLE);

export const STAMP: BatchStamp = {
  _batch_id: '01930000-0000-7000-8000-000000000001',
  _batch_digest: `sha-256=:${'A'.repeat(43)}=:`,
  _batch_rows: 1,
  _principal: 'web-edge',
  _auth: 'token',
  _trust: 'edge',
  _source: 'ew/1/1.0.0',
  _region: 'us-east-1',
  _received_at: '2026-01-01T00:00:00.000Z',
};
