import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';

export interface HandWrittenOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly table: string;
}

/** What a hand-written function needs of an API Gateway event (payload format 2.0). */
export interface BodyEvent {
  readonly body?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly isBase64Encoded: boolean;
}

export interface HandWrittenInsert {
  insert(event: BodyEvent): Promise<{ readonly statusCode: number }>;
  close(): Promise<void>;
}

/**
 * The Lambda that people write today: parse, insert, 200. It checks nothing, stamps nothing and refuses nothing. Connection and insert
 * settings are those of `functions/ingest/clickhouse-batch-store.ts`, so that only the way of doing it differs.
 *
 * Frozen: it is the yardstick, so a change here makes every earlier ratio worthless.
 */
export function createHandWrittenInsert({ table, ...connection }: HandWrittenOptions): HandWrittenInsert {
  const client = createClient({
    ...connection,
    log: { level: ClickHouseLogLevel.OFF },
    keep_alive: { enabled: true, idle_socket_ttl: 2000, eagerly_destroy_stale_sockets: true },
  });
  return {
    async insert(event) {
      await client.insert({
        table,
        ...rowsOf(event),
        clickhouse_settings: {
          async_insert: 1,
          wait_for_async_insert: 1,
          wait_end_of_query: 1,
          async_insert_busy_timeout_max_ms: 200,
          deduplicate_insert: 'enable',
          deduplicate_blocks_in_dependent_materialized_views: 1,
          date_time_input_format: 'best_effort',
          input_format_column_name_matching_mode: 'match_case',
          // Without one, the same body sent again would be thrown away as a repetition, at no cost.
          insert_deduplication_token: randomUUID(),
        },
      });
      return { statusCode: 200 };
    },
    close: () => client.close(),
  };
}

/** The same without the database: what it computes itself of JSON, parsing and the client's own encoding of JSONEachRow. */
export function handWrittenOwnPart(event: BodyEvent): string {
  return parseBody(textOf(event))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

/** CSV is not parsed at all: the client passes it on, and ClickHouse reads the header. */
function rowsOf(event: BodyEvent) {
  const text = textOf(event);
  if (event.headers['content-type'] === 'text/csv') {
    return { values: Readable.from([text], { objectMode: false }), format: 'CSVWithNames' } as const;
  }
  return { values: parseBody(text), format: 'JSONEachRow' } as const;
}

function textOf({ body = '', headers, isBase64Encoded }: BodyEvent): string {
  if (headers['content-encoding'] === 'gzip') return gunzipSync(Buffer.from(body, 'base64')).toString('utf8');
  return isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
}

function parseBody(text: string): readonly unknown[] {
  if (text.startsWith('[')) return JSON.parse(text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
