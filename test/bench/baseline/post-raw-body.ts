import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { BatchNotStoredError } from '../batch-not-stored-error.ts';
import type { BenchBatch } from '../bench-batch.ts';
import type { BodyFormat } from '../data-sets.ts';
import { postBody } from '../post-body.ts';
import type { HandWrittenOptions } from './hand-written-insert.ts';

/** Posts bodies as they came, to ClickHouse itself. */
export interface RawPost {
  /** @throws BatchNotStoredError where ClickHouse did not answer 200 and nothing else */
  post(batch: Pick<BenchBatch, 'body' | 'format' | 'rows'>): Promise<void>;
  close(): void;
}

const CLICKHOUSE_FORMATS: Readonly<Record<BodyFormat, string>> = {
  json: 'JSONEachRow',
  ndjson: 'JSONEachRow',
  csv: 'CSVWithNames',
  gzip: 'JSONEachRow',
};

/**
 * The ceiling: the bytes of the body over ClickHouse's HTTP interface, with the settings of the other inserts. Nothing is parsed, checked,
 * stamped or known of the rows, so a bad one fails its whole batch.
 */
export function createRawPost({ url, username, password, database, table }: HandWrittenOptions): RawPost {
  const agent = new Agent({ keepAlive: true });
  const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
  const settings = {
    async_insert: '1',
    wait_for_async_insert: '1',
    wait_end_of_query: '1',
    async_insert_busy_timeout_max_ms: '200',
    deduplicate_insert: 'enable',
    deduplicate_blocks_in_dependent_materialized_views: '1',
    date_time_input_format: 'best_effort',
    input_format_column_name_matching_mode: 'match_case',
  };
  return {
    async post(batch) {
      const { body, format } = batch;
      const query = `INSERT INTO ${table} FORMAT ${CLICKHOUSE_FORMATS[format]}`;
      const parameters = new URLSearchParams({
        database,
        query,
        ...settings,
        insert_deduplication_token: randomUUID(),
      });
      const encoding = format === 'gzip' ? { 'Content-Encoding': 'gzip' } : {};
      const answer = await postBody(`${url}/?${parameters}`, agent, { ...headers, ...encoding }, body);
      if (answer.status !== 200 || answer.text !== '') {
        throw new BatchNotStoredError(batch, `${answer.status} ${answer.text.slice(0, 300).trim()}`);
      }
    },
    close: () => agent.destroy(),
  };
}
