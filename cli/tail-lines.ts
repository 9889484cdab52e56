import { z } from 'zod';
import { elementTexts } from '../functions/ingest/parse-rows.ts';
import type { ReadAuditLines } from './audit-lines.ts';
import type { OperatorDatabase } from './operator-database.ts';
import { printable, printableJson } from './printable.ts';

export interface TailLine {
  /** Tells it from every other. */
  readonly key: string;
  /** When it was received: sorts as text. */
  readonly at: string;
  /** Made of printable characters. */
  readonly text: string;
}

/** Of one look. */
export const MOST_LINES = 1_000;

/** A row can be read so much later than it was received: ingest has 15 s. */
const NEWEST = `_received_at >= greatest(fromUnixTimestamp64Milli({since:Int64}), now64(3) - INTERVAL 30 SECOND)
  ORDER BY _received_at DESC LIMIT ${MOST_LINES}`;

const STAMP = z.object({
  _batch_id: z.string(),
  _batch_digest: z.string(),
  _row: z.number(),
  _received_at: z.string(),
});

/** Rows as they are stored, as JSON without the columns that are NULL. */
export async function tailRows(
  database: OperatorDatabase,
  relation: string,
  since: number,
): Promise<readonly TailLine[]> {
  const query = `SELECT * FROM {db:Identifier}.{relation:Identifier} WHERE ${NEWEST}`;
  const lines = await database.lines(query, { relation, since });
  return lines.map((line) => {
    const stamp = STAMP.parse(JSON.parse(line));
    return {
      key: `${stamp._batch_id} ${stamp._batch_digest} ${stamp._row}`,
      at: stamp._received_at,
      text: printableJson(readable(line)),
    };
  });
}

/** Leaves columns out that are NULL, and slashes as they are. As text: a parsed number of 64 bits and more would lose digits. */
function readable(row: string): string {
  const columns = elementTexts(`[${row.slice(1, -1)}]`).filter((column) => !column.endsWith(':null'));
  // Pair by pair: in `\\/` the slash is not escaped, the backslash is.
  return `{${columns.join(',')}}`.replace(/\\./g, (pair) => (pair === '\\/' ? '/' : pair));
}

interface RefusedRow {
  readonly at: string;
  readonly principal: string;
  readonly source: string;
  readonly batch: string;
  readonly digest: string;
  readonly row: number;
  readonly line: number | null;
  readonly faults: readonly (readonly [code: string, field: string])[];
}

/** Rows as they go to quarantine, with what is wrong with them, and without their values. */
export async function tailRefusedRows(
  database: OperatorDatabase,
  stream: string,
  since: number,
): Promise<readonly TailLine[]> {
  const rows = await database.rows<RefusedRow>(
    `SELECT toString(_received_at) AS at, _principal AS principal, _source AS source, toString(_batch_id) AS batch,
       _batch_digest AS digest, _row AS row, line, arrayZip(codes, columns) AS faults
     FROM {db:Identifier}.quarantine WHERE stream = {stream:String} AND ${NEWEST}`,
    { stream, since },
  );
  return rows.map(({ at, principal, source, batch, digest, row, line, faults }) => {
    const said = faults.map(([code, field]) => (field === '' ? code : `${code} ${field}`)).join(', ');
    const where = line === null ? `row ${row}` : `row ${row}, line ${line}`;
    const text = `${at}  row    ${principal}  ${source}  ${batch}  ${where}: ${said}`;
    return { key: `${batch} ${digest} ${row}`, at, text: printable(text) };
  });
}

/** Batches that were refused as a whole, or could not be kept. */
export async function tailRefusedBatches(
  read: ReadAuditLines,
  stream: string,
  since: number,
): Promise<readonly TailLine[]> {
  const lines: TailLine[] = [];
  for await (const line of read(since)) {
    if (line.audit !== 'batch' || line.stream !== stream || line.decision === 'allow') continue;
    const { requestId, time, identity, source, batchId, status, code, rule } = line;
    const why = [status, code, rule].filter((part) => part !== undefined).join(' ');
    // As ClickHouse writes a time.
    const at = time.replace('T', ' ').replace('Z', '');
    const text = `${at}  batch  ${identity.principal ?? '-'}  ${source ?? '-'}  ${batchId ?? '-'}  request ${requestId}: ${why}`;
    lines.push({ key: requestId, at, text: printable(text) });
  }
  return lines;
}
