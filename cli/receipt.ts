import { ClickHouseError } from '@clickhouse/client';
import type { BatchAudit } from '../functions/shared/audit.ts';
import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { openAuditLines, type ReadAuditLines } from './audit-lines.ts';
import type { CommandIo } from './command-io.ts';
import { formatTable } from './format-table.ts';
import { type BatchAddress, type LedgerBatch, ledgerKey, openLedger } from './ledger.ts';
import { type OperatorDatabase, useDatabase } from './operator-database.ts';
import { parseTime } from './parse-time.ts';
import { printable } from './printable.ts';
import { promiseOf } from './promised-batches.ts';
import type { ReceiptCommand } from './receipt-command.ts';
import { openSpool, type SpoolPlace } from './spool-place.ts';
import { timeOfUuidV7 } from './uuid-v7.ts';

const SHOWN_FAULTS = 100;
/** Of senders' clocks, by which their ids are made. */
const CLOCK_TOLERANCE_MS = 3_600_000;
const ACCESS_DENIED = '497';

/**
 * `edgehouse receipt`: what became of a batch: what its sender was answered, what ClickHouse has of it, where it waits, and what was
 * wrong with its rows. An id that several senders have used, or one for several bodies, is several batches.
 *
 * @returns whether it is known, and nothing of it is missing
 */
export async function receipt(
  { batchId, account, place, since }: ReceiptCommand,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now'>,
): Promise<boolean> {
  const made = timeOfUuidV7(batchId);
  const from =
    since === undefined && made !== undefined
      ? made - CLOCK_TOLERANCE_MS
      : parseTime('--since', since ?? '1d', io.now());
  const { config } = await import('#config');
  const [places, auditLines] = await Promise.all([
    openSpool({ place, vaultToken: undefined }, config, io),
    openAuditLines(place, config.regions),
  ]);
  const answers = await readAnswers(auditLines, batchId, from);
  const objects = await listNames(places);
  return useDatabase(account, config.clickhouse.database, async (database) => {
    const ledger = await openLedger(database).of([batchId]);
    const batches = batchesOf(answers, ledger);
    if (batches.size === 0) {
      for (const answer of answers) io.out(describeAnswer(answer));
      io.out(`no batch ${batchId} was kept since ${new Date(from).toISOString()}`);
      return false;
    }
    let whole = true;
    for (const [key, batch] of batches) {
      const entry = ledger.get(key);
      const name = `${SPOOL_PREFIX}${key}`;
      const waits = objects.has(name);
      const told = answers.filter(({ digest, stream, identity: { principal } }) => {
        return digest === batch.digest && stream === batch.stream && (principal ?? batch.principal) === batch.principal;
      });
      io.out(printable(`batch ${batchId} of ${batch.principal} in ${batch.stream}, digest ${batch.digest}`));
      for (const answer of told) io.out(`  ${describeAnswer(answer)}`);
      io.out(`  ${describeEntry(entry)}`);
      if (waits) io.out(`  waits in the spool as ${name}`);
      for (const line of await describeFaults(database, batch)) io.out(`  ${line}`);
      whole &&= waits || entry?.missing === 0;
    }
    return whole;
  });
}

async function readAnswers(auditLines: ReadAuditLines, batchId: string, since: number): Promise<readonly BatchAudit[]> {
  const answers: BatchAudit[] = [];
  for await (const line of auditLines(since)) {
    if (line.audit === 'batch' && line.batchId === batchId) answers.push(line);
  }
  return answers;
}

async function listNames(places: readonly SpoolPlace[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const place of places) for await (const { name } of place.list()) names.add(name);
  return names;
}

function batchesOf(
  answers: readonly BatchAudit[],
  ledger: ReadonlyMap<string, LedgerBatch>,
): ReadonlyMap<string, BatchAddress> {
  const promised = answers.map(promiseOf).filter((promise) => promise !== undefined);
  return new Map([...promised, ...ledger.values()].map((batch) => [ledgerKey(batch), batch]));
}

function describeAnswer({ time, status, outcome, code, requestId, source, rowsDeclared }: BatchAudit): string {
  const said = `answered ${status} ${code ?? outcome} at ${time}, request ${requestId}`;
  return printable(`${said}, from ${source ?? 'an unnamed source'}, ${rowsDeclared ?? '?'} rows`);
}

function describeEntry(entry: LedgerBatch | undefined): string {
  if (entry === undefined) return 'ClickHouse has nothing of it';
  const { declared, stored, quarantined, duplicates, missing, firstReceivedAt, lastReceivedAt } = entry;
  const [first, last] = [firstReceivedAt, lastReceivedAt].map((time) => new Date(time).toISOString());
  const received = first === last ? `received ${first}` : `received ${first} and ${last}`;
  return `declared ${declared}, stored ${stored}, quarantined ${quarantined}, duplicate ${duplicates}, missing ${missing}; ${received}`;
}

interface FaultRow {
  readonly row: number;
  readonly line: number | null;
  readonly faults: readonly (readonly [code: string, field: string])[];
}

async function describeFaults(database: OperatorDatabase, batch: BatchAddress): Promise<readonly string[]> {
  const { principal, stream, batchId, digest } = batch;
  try {
    const rows = await database.rows<FaultRow>(
      `SELECT _row AS row, any(line) AS line, arrayZip(any(codes), any(columns)) AS faults FROM {db:Identifier}.quarantine
       WHERE _principal = {principal:String} AND stream = {stream:String} AND _batch_id = {batchId:UUID} AND _batch_digest = {digest:String}
       GROUP BY _row ORDER BY _row LIMIT ${SHOWN_FAULTS}`,
      { principal, stream, batchId, digest },
    );
    const table = rows.flatMap(({ row, line, faults }) =>
      faults.map(([code, field]) => [row, line ?? undefined, code, field === '' ? undefined : field]),
    );
    return table.length === 0 ? [] : formatTable(['row', 'line', 'code', 'field'], table);
  } catch (error) {
    if (!(error instanceof ClickHouseError) || error.code !== ACCESS_DENIED) throw error;
    return ['its refused rows are not shown: this account may not read the quarantine'];
  }
}
