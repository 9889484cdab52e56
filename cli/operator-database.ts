import { type AdminAccount, createAdminClient } from '../clickhouse/admin-client.ts';

export type QueryParams = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * ClickHouse as the operator's commands need it. A statement names a relation as `{db:Identifier}.name`, and gives a count of 64 bits as
 * Float64: whether JSON has it as a number or as text is a setting, which a reader's account may not set.
 */
export interface OperatorDatabase {
  rows<Row>(query: string, params?: QueryParams): Promise<readonly Row[]>;
  /** Answers row by row, however many there are. */
  stream<Row>(query: string, params?: QueryParams): AsyncIterable<Row>;
  /** The rows as ClickHouse writes them, a line of JSON each: digits that a number of JavaScript would lose are in there. */
  lines(query: string, params?: QueryParams): Promise<readonly string[]>;
  /** Deletes rows and waits until they cannot be read any more, on every replica. */
  deleteRows(table: string, where: string, params: QueryParams): Promise<void>;
}

/** Runs with a connection, which it closes. No setting goes with a query: a reader's account may set none. */
export async function useDatabase<T>(
  account: AdminAccount,
  database: string,
  run: (database: OperatorDatabase) => Promise<T>,
): Promise<T> {
  const client = createAdminClient(account);
  const ask = (query: string, params: QueryParams = {}) =>
    client.query({ query, query_params: { ...params, db: database }, format: 'JSONEachRow' });
  try {
    return await run({
      rows: async <Row>(query: string, params?: QueryParams) => (await ask(query, params)).json<Row>(),
      async *stream<Row>(query: string, params?: QueryParams) {
        for await (const rows of (await ask(query, params)).stream<Row>()) for (const row of rows) yield row.json();
      },
      lines: async (query, params) => {
        const text = await (await ask(query, params)).text();
        return text.split('\n').filter((line) => line !== '');
      },
      deleteRows: async (table, where, params) => {
        await client.command({
          query: `ALTER TABLE {db:Identifier}.{table:Identifier} DELETE WHERE ${where}`,
          query_params: { ...params, db: database, table },
          clickhouse_settings: { mutations_sync: '2' },
        });
      },
    });
  } finally {
    await client.close();
  }
}
