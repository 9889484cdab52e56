import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import type { CachedSecret } from '../shared/secret-cache.ts';
import { type BatchStore, type ColumnDescription, StoreError } from './batch-store.ts';
import type { ClickHouseCredential } from './clickhouse-credential.ts';

export interface ClickHouseBatchStoreOptions {
  readonly database: string;
  readonly writer: CachedSecret<ClickHouseCredential>;
  readonly inspector: CachedSecret<ClickHouseCredential>;
}

export interface ClosableBatchStore extends BatchStore {
  /** Closes the connections. Lambda never calls it; tests and the local stack do. */
  close(): Promise<void>;
}

/** Every insert says its settings: server defaults differ between versions (clickhouse 26.2 switched several). */
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 1,
  wait_for_async_insert: 1,
  // Without it ClickHouse may answer 200 and fail afterwards.
  wait_end_of_query: 1,
  async_insert_busy_timeout_max_ms: 200,
  deduplicate_insert: 'enable',
  deduplicate_blocks_in_dependent_materialized_views: 1,
  date_time_input_format: 'best_effort',
  input_format_column_name_matching_mode: 'match_case',
};

/** Wrong password or user: the password was rotated since the secret was read. */
const AUTHENTICATION_CODES = new Set([192, 193, 194, 516]);

/** ClickHouse over its official client, one connection pool for the container. */
export function createClickHouseBatchStore(options: ClickHouseBatchStoreOptions): ClosableBatchStore {
  const clients = new Map<string, ClickHouseClient>();

  function clientFor(url: string): ClickHouseClient {
    const client = clients.get(url) ?? connect(url, options.database);
    clients.set(url, client);
    return client;
  }

  /** Runs with the account's credential, and once more with a fresh one where ClickHouse does not know it any more. */
  async function withCredential<T>(
    what: string,
    account: CachedSecret<ClickHouseCredential>,
    run: (client: ClickHouseClient, auth: { username: string; password: string }) => Promise<T>,
  ): Promise<T> {
    const attempt = ({ url, username, password }: ClickHouseCredential) => run(clientFor(url), { username, password });
    try {
      const credential = await account.get();
      return await attempt(credential).catch(async (error: unknown) => {
        if (!AUTHENTICATION_CODES.has(codeOf(error) ?? 0)) throw error;
        account.expire(credential);
        return attempt(await account.get());
      });
    } catch (error) {
      throw new StoreError(what, codeOf(error));
    }
  }

  return {
    describe: (table, signal) =>
      withCredential('Reading the columns of a stream', options.inspector, async (client, auth) => {
        const result = await client.query({
          query: `SELECT name, type, default_kind AS defaultKind FROM system.columns
                  WHERE database = {database:String} AND table = {table:String} ORDER BY position`,
          query_params: { database: options.database, table },
          format: 'JSONEachRow',
          abort_signal: signal,
          auth,
        });
        return result.json<ColumnDescription>();
      }),

    insert: ({ table, columns, format, bytes, deduplicationToken, queryId, signal }) =>
      withCredential(`Storing in ${table}`, options.writer, async (client, auth) => {
        const { stream } = await client.exec({
          query: `INSERT INTO ${quote(table)} (${columns.map(quote).join(', ')}) FORMAT ${format}`,
          values: Readable.from([bytes]),
          query_id: queryId,
          clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: deduplicationToken },
          abort_signal: signal,
          auth,
        });
        // To its end: ClickHouse may still report a failure there, and an unread answer keeps its connection busy.
        await finished(stream.resume());
      }),

    ledger: ({ principal, stream, batchId, digest }, signal) =>
      withCredential('Reading the ledger', options.inspector, async (client, auth) => {
        const result = await client.query({
          query: `SELECT stored, quarantined FROM batches WHERE principal = {principal:String}
                  AND stream = {stream:String} AND batch_id = {batchId:UUID} AND digest = {digest:String}`,
          query_params: { principal, stream, batchId, digest },
          format: 'JSONEachRow',
          abort_signal: signal,
          auth,
        });
        const [entry] = await result.json<{ stored: number | string; quarantined: number | string }>();
        // 64-bit counts come as text from servers before 25.8.
        return { stored: Number(entry?.stored ?? 0), quarantined: Number(entry?.quarantined ?? 0) };
      }),

    async close() {
      for (const client of clients.values()) await client.close();
    },
  };
}

function connect(url: string, database: string): ClickHouseClient {
  return createClient({
    url,
    database,
    // The client's own log prints statements; what we want to know is in the StoreError.
    log: { level: ClickHouseLogLevel.OFF },
    // Lambda freezes between requests and ClickHouse Cloud closes idle connections after 3 s.
    keep_alive: { enabled: true, idle_socket_ttl: 2000, eagerly_destroy_stale_sockets: true },
  });
}

function codeOf(error: unknown): number | undefined {
  return error instanceof ClickHouseError ? Number(error.code) : undefined;
}

function quote(identifier: string): string {
  return `\`${identifier.replace(/[\\`]/g, '\\$&')}\``;
}
