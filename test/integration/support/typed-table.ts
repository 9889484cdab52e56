import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { applyVerdict } from '../../../functions/ingest/apply-verdict.ts';
import type { ColumnDescription } from '../../../functions/ingest/batch-store.ts';
import { type Contract, compileContract, STAMPED_COLUMNS } from '../../../functions/ingest/contract.ts';
import { judgeRows, type RowsVerdict } from '../../../functions/ingest/judge-rows.ts';
import { type MediaType, parseRows } from '../../../functions/ingest/parse-rows.ts';
import { freezeVerdict } from '../../../functions/ingest/verdict.ts';
import { STAMP, STAMP_TYPES } from '../../unit/functions/ingest/stream-contract.ts';

/** A table with columns of a test's own beside the stamped ones, written as ingest writes. */
export interface TypedTable {
  readonly name: string;
  readonly contract: Contract;
  /** Judges a body and stores what is accepted. */
  store(body: string, mediaType?: MediaType): Promise<RowsVerdict>;
  /** The same as replay does it, by a verdict that stands, which never writes in the Native format. */
  replay(body: string): Promise<RowsVerdict>;
  /** Rows of a SELECT, in which `{table}` stands for the table. */
  rows(select: string): Promise<readonly Record<string, unknown>[]>;
  run(statement: string): Promise<void>;
  insertRaw(
    format: string,
    bytes: Uint8Array,
    columns: readonly string[],
    settings?: ClickHouseSettings,
  ): Promise<void>;
}

let tables = 0;

/** @param columns their SQL, `a UInt8, b String DEFAULT 'x'` @param rest the column that keeps unknown fields */
export async function createTypedTable(client: ClickHouseClient, columns: string, rest?: string): Promise<TypedTable> {
  const name = `typed_${++tables}`;
  const stamps = STAMPED_COLUMNS.map((stamp) => `${stamp} ${STAMP_TYPES[stamp] ?? 'String'}`);
  await client.command({
    query: `CREATE TABLE ${name} (${columns}, ${stamps.join(', ')}) ENGINE = MergeTree ORDER BY _row`,
  });
  const described = await client.query({
    query: `SELECT name, type, default_kind AS defaultKind FROM system.columns
            WHERE database = currentDatabase() AND table = '${name}' ORDER BY position`,
    format: 'JSONEachRow',
  });
  const contract = compileContract(name, await described.json<ColumnDescription>(), rest);

  async function insertRaw(
    format: string,
    bytes: Uint8Array,
    into: readonly string[],
    settings: ClickHouseSettings = {},
  ) {
    const { stream } = await client.exec({
      query: `INSERT INTO ${name} (${into.map((column) => `\`${column}\``).join(', ')}) FORMAT ${format}`,
      values: Readable.from([bytes]),
      clickhouse_settings: settings,
    });
    await finished(stream.resume());
  }

  function judge(body: string, mediaType: MediaType): RowsVerdict {
    const bytes = Buffer.from(body);
    return judgeRows(contract, parseRows(bytes, mediaType), STAMP, 1_000_000, bytes.length);
  }

  return {
    name,
    contract,
    insertRaw,
    async store(body, mediaType = 'application/json') {
      const verdict = judge(body, mediaType);
      if (verdict.accepted > 0) await insertRaw(verdict.format, verdict.bytes, verdict.columns);
      return verdict;
    },
    async replay(body) {
      const [bytes, { refused }] = [Buffer.from(body), judge(body, 'application/json')];
      const rows = parseRows(bytes, 'application/json');
      const applied = applyVerdict(freezeVerdict(contract.hash, refused), contract, rows, STAMP, bytes.length);
      if (applied === undefined) throw new TypeError('the rows no longer fit the table that they were judged by');
      if (applied.accepted > 0) await insertRaw(applied.format, applied.bytes, applied.columns);
      return applied;
    },
    async rows(select) {
      const query = select.replaceAll('{table}', name);
      const result = await client.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0, output_format_json_quote_denormals: 1 },
      });
      const text = await result.text();
      return text === ''
        ? []
        : text
            .trim()
            .split('\n')
            .map((line) => parseLine(line));
    },
    async run(statement) {
      await client.command({ query: statement.replaceAll('{table}', name) });
    },
  };
}

function parseLine(line: string): Record<string, unknown> {
  const row: unknown = parseRows(Buffer.from(`[${line}]`), 'application/json').values[0];
  return typeof row === 'object' && row !== null ? { ...row, line } : { line };
}
