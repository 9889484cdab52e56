import type { CommandIo } from './command-io.ts';
import { formatTable } from './format-table.ts';
import { type OperatorDatabase, useDatabase } from './operator-database.ts';
import type { QuarantineCommand } from './quarantine-command.ts';
import { type RowCondition, rowCondition } from './quarantine-filter.ts';
import { REPLAYED } from './quarantine-replay-id.ts';

type LsCommand = Extract<QuarantineCommand, { kind: 'quarantine ls' }>;

const MOST_GROUPS = 100;
const MOST_ROWS = 100;
/** Characters of a row's text: a look at it, not the whole. */
const SHOWN_TEXT = 160;

/** `edgehouse quarantine ls`: how many rows there are with each fault, or the newest rows themselves. */
export async function quarantineLs(
  { account, filter, rows }: LsCommand,
  io: Pick<CommandIo, 'out' | 'now'>,
): Promise<void> {
  const condition = rowCondition(filter, io.now());
  const { config } = await import('#config');
  await useDatabase(account, config.clickhouse.database, async (database) => {
    for (const line of rows ? await listRows(database, condition) : await listFaults(database, condition)) io.out(line);
    io.out(await describeTotal(database, condition));
  });
}

interface FaultGroup {
  readonly stream: string;
  readonly principal: string;
  readonly code: string;
  readonly field: string;
  readonly rows: number;
  readonly batches: number;
  readonly replayed: number;
  readonly first: string;
  readonly last: string;
}

async function listFaults(database: OperatorDatabase, { where, params }: RowCondition): Promise<readonly string[]> {
  const groups = await database.rows<FaultGroup>(
    `SELECT stream, _principal AS principal, fault.1 AS code, fault.2 AS field, toFloat64(count()) AS rows,
       toFloat64(uniqExact(_batch_id, _batch_digest)) AS batches, toFloat64(countIf(isReplayed)) AS replayed,
       toString(min(_received_at)) AS first, toString(max(_received_at)) AS last
     FROM (SELECT *, ${REPLAYED} AS isReplayed, arrayJoin(arrayDistinct(arrayZip(codes, columns))) AS fault
           FROM {db:Identifier}.quarantine WHERE ${where})
     GROUP BY stream, principal, code, field ORDER BY rows DESC, stream, principal, code, field LIMIT ${MOST_GROUPS + 1}`,
    params,
  );
  const head = ['stream', 'principal', 'code', 'field', 'rows', 'batches', 'replayed', 'first', 'last'];
  const table = groups
    .slice(0, MOST_GROUPS)
    .map(({ stream, principal, code, field, rows, batches, replayed, first, last }) => {
      return [stream, principal, code, field === '' ? undefined : field, rows, batches, replayed, first, last];
    });
  const more = groups.length > MOST_GROUPS ? [`and more faults than these ${MOST_GROUPS}: narrow them down`] : [];
  return [...formatTable(head, table), ...more];
}

interface ListedRow {
  readonly at: string;
  readonly stream: string;
  readonly principal: string;
  readonly batch: string;
  readonly row: number;
  readonly line: number | null;
  readonly faults: readonly (readonly [code: string, field: string])[];
  readonly text: string;
  readonly bytes: number;
}

async function listRows(database: OperatorDatabase, { where, params }: RowCondition): Promise<readonly string[]> {
  const rows = await database.rows<ListedRow>(
    `SELECT toString(_received_at) AS at, stream, _principal AS principal, toString(_batch_id) AS batch, _row AS row, line,
       arrayZip(codes, columns) AS faults, substringUTF8(raw, 1, ${SHOWN_TEXT}) AS text, toFloat64(raw_bytes) AS bytes
     FROM {db:Identifier}.quarantine WHERE ${where} ORDER BY _received_at DESC, _batch_id, _row LIMIT ${MOST_ROWS}`,
    params,
  );
  const head = ['received', 'stream', 'principal', 'batch', 'row', 'line', 'faults', 'bytes', 'text'];
  const table = rows.map(({ at, stream, principal, batch, row, line, faults, bytes, text }) => {
    const said = faults.map(([code, field]) => (field === '' ? code : `${code} ${field}`)).join(', ');
    return [at, stream, principal, batch, row, line ?? undefined, said, bytes, text];
  });
  return formatTable(head, table);
}

async function describeTotal(database: OperatorDatabase, { where, params }: RowCondition): Promise<string> {
  const [total] = await database.rows<{ readonly rows: number; readonly batches: number; readonly replayed: number }>(
    `SELECT toFloat64(count()) AS rows, toFloat64(uniqExact(_principal, stream, _batch_id, _batch_digest)) AS batches,
       toFloat64(countIf(${REPLAYED})) AS replayed
     FROM {db:Identifier}.quarantine WHERE ${where}`,
    params,
  );
  const { rows, batches, replayed } = total ?? { rows: 0, batches: 0, replayed: 0 };
  return `${rows} rows of ${batches} batches in quarantine, ${replayed} of them replayed`;
}
