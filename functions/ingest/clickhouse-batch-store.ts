import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import type { CachedSecret } from '../shared/secret-cache.ts';
import { within } from '../shared/within.ts';
import {
  type BatchInsert,
  type BatchLedger,
  type BatchStore,
  type ColumnDescription,
  type LedgerEntry,
  type LedgerFault,
  StoreError,
} from './batch-store.ts';
import { type ClickHouseAccount, openAccount } from './clickhouse-account.ts';
import { INSERT_WAS_DEDUPLICATED } from './clickhouse-codes.ts';
import type { ClickHouseCredential } from './clickhouse-credential.ts';

export interface ClickHouseBatchStoreOptions {
  readonly database: string;
  readonly writer: CachedSecret<ClickHouseCredential>;
  readonly inspector: CachedSecret<ClickHouseCredential>;
}

export interface ClosableBatchStore extends BatchStore, BatchLedger {
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
  // Bytes at which a buffer is written sooner; the default of Cloud, ten times that of other servers.
  async_insert_max_data_size: '104857600',
  deduplicate_insert: 'enable',
  deduplicate_blocks_in_dependent_materialized_views: 1,
  date_time_input_format: 'best_effort',
  input_format_column_name_matching_mode: 'match_case',
  // Rows come behind the names and types that they were written by, and no value is made into another.
  input_format_with_names_use_header: 1,
  input_format_with_types_use_header: 1,
  input_format_native_allow_types_conversion: 0,
  input_format_null_as_default: 0,
};

/** A batch that is sent again has rows of a later time beside the first ones: so much earlier the first may be. */
const EARLIER_ROWS_MS = 3_600_000;

/** One batch in the ledger, as short as it can be told. */
const LEDGER_KEY = 'sipHash64(principal, stream, batch_id, digest)';

/**
 * As view `batches` counts (clickhouse/migrations), but of some hours: the view always adds up the whole ledger first. And only what has
 * not as many rows written as declared, which is quickly known; that a batch lacks as many rows as it has twice goes unseen.
 */
const LEDGER_FAULTS = `
  SELECT principal, stream, toString(batch_id) AS batchId, digest,
    toFloat64(greatest(toInt64(declared_rows) - toInt64(bitmapCardinality(bitmapOr(stored_rows, quarantined_rows))), 0)) AS missing,
    toFloat64(written_rows - bitmapCardinality(stored_rows) - bitmapCardinality(quarantined_rows)) AS duplicates
  FROM
  (
    SELECT principal, stream, batch_id, digest,
      max(declared) AS declared_rows,
      groupBitmapMergeState(stored) AS stored_rows,
      groupBitmapMergeState(quarantined) AS quarantined_rows,
      sum(stored_written) + sum(quarantined_written) AS written_rows
    FROM _batches
    WHERE first_received_at >= fromUnixTimestamp64Milli({from:Int64}) AND ${LEDGER_KEY} IN
    (
      SELECT ${LEDGER_KEY} AS key
      FROM _batches
      WHERE first_received_at >= fromUnixTimestamp64Milli({from:Int64}) AND sipHash64(batch_id) % {oneIn:UInt32} = 0
      GROUP BY key
      HAVING sum(stored_written) + sum(quarantined_written) != max(declared)
        AND min(first_received_at) >= fromUnixTimestamp64Milli({since:Int64})
        AND max(last_received_at) < fromUnixTimestamp64Milli({until:Int64})
    )
    GROUP BY principal, stream, batch_id, digest
  )
  WHERE missing + duplicates > 0
  ORDER BY missing + duplicates DESC
  LIMIT 1000`;

/** ClickHouse over its official client, one connection pool for the container. */
export function createClickHouseBatchStore(options: ClickHouseBatchStoreOptions): ClosableBatchStore {
  const clients = new Map<string, ClickHouseClient>();

  function clientFor(url: string): ClickHouseClient {
    const client = clients.get(url) ?? connect(url, options.database);
    clients.set(url, client);
    return client;
  }

  const writer = openAccount(options.writer);
  const inspector = openAccount(options.inspector);

  function as<T>(
    account: ClickHouseAccount,
    what: string,
    signal: AbortSignal,
    run: (client: ClickHouseClient, auth: { username: string; password: string }) => Promise<T>,
  ): Promise<T> {
    return account.run(signal, ({ url, username, password }) =>
      // The client itself looks neither at a signal that is over when it begins, nor at any once an answer has begun.
      within(signal, run(clientFor(url), { username, password })).catch((error: unknown) => {
        throw storeError(what, error, signal);
      }),
    );
  }

  function insertBytes(batch: BatchInsert): Promise<void> {
    const { table, columns, format, bytes, deduplicationToken, queryId, alone = false, signal } = batch;
    return as(writer, `Storing in ${table}`, signal, async (client, auth) => {
      const { stream } = await client.exec({
        query: `INSERT INTO ${quote(table)} (${columns.map(quote).join(', ')}) FORMAT ${format}`,
        values: Readable.from([bytes]),
        query_id: queryId,
        clickhouse_settings: {
          ...INSERT_SETTINGS,
          ...(alone ? { async_insert: 0 as const } : {}),
          insert_deduplication_token: deduplicationToken,
        },
        abort_signal: signal,
        auth,
      });
      // To its end: an unread answer keeps its connection busy, and whatever it says after all its 200 is a failure.
      const said = await text(stream);
      if (said !== '') throw new LateFailure(said);
    });
  }

  /**
   * Inserts no row, behind the contract's types: ClickHouse compares them with the table's. Where one was changed since the contract was
   * read, the bytes of a row could be another value.
   *
   * @throws StoreError whose fault is `schema` where they differ
   */
  async function compareTypes({ contractTypes, ...batch }: BatchInsert): Promise<void> {
    if (contractTypes === undefined) return;
    const [deduplicationToken, queryId] = [`${batch.deduplicationToken}:types`, `${batch.queryId}:types`];
    const format = 'RowBinaryWithNamesAndTypes';
    try {
      await insertBytes({ ...batch, ...contractTypes, format, deduplicationToken, queryId, alone: true });
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'data') throw error;
      throw new StoreError(`Comparing the types of ${batch.table}`, error.clickhouseCode, { changed: true });
    }
  }

  return {
    describe: (table, signal) =>
      as(inspector, 'Reading the columns of a stream', signal, async (client, auth) => {
        const result = await client.query({
          query: `SELECT name, type, default_kind AS defaultKind, CAST(is_in_partition_key, 'Bool') AS isInPartitionKey
                  FROM system.columns
                  WHERE database = {database:String} AND table = {table:String} ORDER BY position`,
          query_params: { database: options.database, table },
          format: 'JSONEachRow',
          abort_signal: signal,
          auth,
        });
        return result.json<ColumnDescription>();
      }),

    async insert(batch) {
      // These bytes say nothing of their types.
      if (batch.format === 'RowBinaryWithDefaults') await compareTypes(batch);
      try {
        await insertBytes(batch);
      } catch (error) {
        if (error instanceof StoreError && error.clickhouseCode === INSERT_WAS_DEDUPLICATED) return;
        // Before a row is blamed.
        if (error instanceof StoreError && error.fault === 'data') await compareTypes(batch);
        throw error;
      }
    },

    ledger: ({ principal, stream, batchId, digest }, signal) =>
      as(inspector, 'Reading the ledger', signal, async (client, auth) => {
        const result = await client.query({
          query: `SELECT stored, quarantined, missing FROM batches WHERE principal = {principal:String}
                  AND stream = {stream:String} AND batch_id = {batchId:UUID} AND digest = {digest:String}`,
          query_params: { principal, stream, batchId, digest },
          format: 'JSONEachRow',
          abort_signal: signal,
          auth,
        });
        const [entry] = await result.json<Readonly<Record<keyof LedgerEntry, number | string>>>();
        const { stored = 0, quarantined = 0, missing = 0 } = entry ?? {};
        // 64-bit counts come as text from servers before 25.8.
        return { stored: Number(stored), quarantined: Number(quarantined), missing: Number(missing) };
      }),

    faults: ({ since, until, oneIn }, signal) =>
      as(inspector, 'Counting the ledger', signal, async (client, auth) => {
        const result = await client.query({
          query: LEDGER_FAULTS,
          query_params: { from: since - EARLIER_ROWS_MS, since, until, oneIn },
          format: 'JSONEachRow',
          abort_signal: signal,
          auth,
        });
        return result.json<LedgerFault>();
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

/** An insert says nothing where it is well: what comes after the status 200 is an exception. */
class LateFailure extends Error {}

/** The first code in the text of an exception. */
const CODE = /Code: (\d{1,5})\./;

/** Of a text that says of no code what it is. */
const UNKNOWN_EXCEPTION = 1002;

/** In every version that has such views; no other mark tells a view's failure from the insert's own. */
const IN_VIEW = /while pushing to view/;

/** In every version: code 252 without it is a table that has too many parts. */
const SCATTERED = /Too many partitions for single INSERT block/;

function storeError(what: string, error: unknown, signal: AbortSignal): StoreError {
  if (error instanceof ClickHouseError) {
    return new StoreError(what, Number(error.code), {
      inView: IN_VIEW.test(error.message),
      scattered: SCATTERED.test(error.message),
    });
  }
  if (error instanceof LateFailure) {
    return new StoreError(what, Number(CODE.exec(error.message)?.[1] ?? UNKNOWN_EXCEPTION), { late: true });
  }
  return new StoreError(what, undefined, { without: signal.aborted ? 'silent' : 'disconnected' });
}

function quote(identifier: string): string {
  return `\`${identifier.replace(/[\\`]/g, '\\$&')}\``;
}
