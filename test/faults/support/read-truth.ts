import type { ClickHouseClient } from '@clickhouse/client';

/** What ClickHouse holds of a batch: as the ledger tells it, and as counting the tables does. */
export interface Truth {
  /** The batch's line in view `batches`; undefined where it has none. */
  readonly ledger: Ledger | undefined;
  /** Row numbers in the stream's table, in order, each as often as it is there. */
  readonly rows: readonly number[];
  /** Row numbers in quarantine, in order, each as often as it is there. */
  readonly refused: readonly number[];
}

export interface Ledger {
  readonly declared: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly missing: number;
  readonly duplicates: number;
}

/** The ledger's line of a batch that is there whole, each row once. */
export function whole(stored: number, quarantined: number): Ledger {
  return { declared: stored + quarantined, stored, quarantined, missing: 0, duplicates: 0 };
}

export async function readTruth(admin: ClickHouseClient, database: string, batchId: string): Promise<Truth> {
  const ask = async <T>(query: string): Promise<readonly T[]> => {
    const result = await admin.query({ query, query_params: { batchId }, format: 'JSONEachRow' });
    return result.json<T>();
  };
  const rowsOf = async (table: string) => {
    const where = '_batch_id = {batchId:UUID} ORDER BY _row';
    const found = await ask<{ row: number }>(`SELECT _row AS row FROM ${database}.${table} WHERE ${where}`);
    return found.map(({ row }) => row);
  };
  const columns = ['declared', 'stored', 'quarantined', 'missing', 'duplicates'];
  const numbers = columns.map((column) => `toUInt32(${column}) AS ${column}`).join(', ');
  // An alias of a column's own name would be what WHERE sees.
  const lines = await ask<Ledger>(`SELECT ${numbers} FROM ${database}.batches WHERE batch_id = {batchId:UUID}`);
  if (lines.length > 1) throw new Error(`the ledger has ${lines.length} lines for one batch`);
  return { ledger: lines[0], rows: await rowsOf('web_events'), refused: await rowsOf('quarantine') };
}
