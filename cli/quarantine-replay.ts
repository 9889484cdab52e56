import type { Config } from '../config/schema.ts';
import { createCredentialsReader } from '../local/credentials.ts';
import type { CommandIo } from './command-io.ts';
import { readCredentials } from './credentials-place.ts';
import type { Batch } from './make-batches.ts';
import { type OperatorDatabase, useDatabase } from './operator-database.ts';
import type { ApiOptions } from './parse-api.ts';
import type { QuarantineCommand } from './quarantine-command.ts';
import { type RowCondition, rowCondition } from './quarantine-filter.ts';
import { listBatches, type QuarantinedBatch, type ReplayableBatch, readBatches } from './quarantine-replay-batches.ts';
import { requirePrincipal } from './require-principal.ts';
import { SendStoppedError } from './send.ts';
import { type BatchResult, type Destination, sendBatch } from './send-batch.ts';
import { sendRows } from './send-rows.ts';

type ReplayCommand = Extract<QuarantineCommand, { kind: 'quarantine replay' }>;

/** Over this many bytes a body is compressed: the API takes 4.5 MB as sent. Below it stays as it is, for the same bytes always. */
const MOST_PLAIN_BYTES = 4_000_000;
/** Batches in flight, as `send` has them. */
const CONCURRENCY = 4;

/**
 * `edgehouse quarantine replay`: has the rows of batches judged again, as new batches, by the API. The id of the new batch follows
 * from the old one: what was replayed is passed over, and a replay that was broken off and run again stores nothing twice.
 *
 * @returns whether every row that was sent is stored or will be
 * @throws PrincipalMismatchError, CredentialsError, SendStoppedError
 */
export async function quarantineReplay(
  { account, filter, stream, principal, api }: ReplayCommand,
  io: CommandIo,
): Promise<boolean> {
  const condition = rowCondition(filter, io.now());
  const { config } = await import('#config');
  const to = api === undefined ? undefined : await openDestination(api, stream, principal, config, io);
  return useDatabase(account, config.clickhouse.database, async (database) => {
    const totals = await replayAll(database, condition, { stream, principal }, to, io);
    const { batches, rows, replayed, cut, unfit } = totals;
    const left = [
      { count: replayed, what: 'batches replayed before' },
      { count: cut, what: 'rows cut too short to be replayed' },
      { count: unfit, what: 'rows of no shape that a table could take' },
    ].flatMap(({ count, what }) => (count === 0 ? [] : [`; ${count} ${what}`]));
    if (to === undefined) {
      io.out(`${rows} rows of ${batches} batches would be judged again${left.join('')}. Do it with --apply.`);
      return true;
    }
    const { stored, quarantined, spooled, failed } = totals;
    io.out(
      `${rows} rows of ${batches} batches sent: ${stored} stored, ${quarantined} quarantined again, ${spooled} spooled, ${failed} failed batches${left.join('')}`,
    );
    return quarantined === 0 && failed === 0;
  });
}

/** How a batch is written, its rows say. */
type ReplayDestination = Omit<Destination, 'contentType' | 'gzip'>;

async function openDestination(
  { api, credentials, source }: ApiOptions,
  stream: string,
  principal: string,
  config: Config,
  io: CommandIo,
): Promise<ReplayDestination> {
  const reader = createCredentialsReader(() => readCredentials(credentials, io.fetch), io.now);
  requirePrincipal(principal, (await reader.current()).token, config);
  return { api, stream, source, credentials: reader };
}

interface ReplayTotals {
  batches: number;
  rows: number;
  replayed: number;
  cut: number;
  unfit: number;
  stored: number;
  quarantined: number;
  spooled: number;
  failed: number;
}

async function replayAll(
  database: OperatorDatabase,
  condition: RowCondition,
  owner: Pick<QuarantinedBatch, 'stream' | 'principal'>,
  to: ReplayDestination | undefined,
  io: CommandIo,
): Promise<Readonly<ReplayTotals>> {
  const totals: ReplayTotals = {
    batches: 0,
    rows: 0,
    replayed: 0,
    cut: 0,
    unfit: 0,
    stored: 0,
    quarantined: 0,
    spooled: 0,
    failed: 0,
  };
  const listed = await listBatches(database, condition, owner);
  const due = listed.filter(({ replayed }) => !replayed);
  totals.replayed = listed.length - due.length;
  const batches = countInto(totals, readBatches(database, due));
  if (to === undefined) {
    // Counted as they pass by.
    for await (const _batch of batches);
    return totals;
  }
  const oldIds = new Map(due.map(({ id, replayId }) => [replayId, id]));
  const refusal = await sendRows({
    batches,
    concurrency: CONCURRENCY,
    send: (batch) => {
      const { contentType, body } = batch;
      // Records stay as they are: they came in so few bytes, and CSV is not taken compressed.
      const gzip = contentType !== 'text/csv' && body.length > MOST_PLAIN_BYTES;
      return sendBatch(batch, { ...to, contentType, gzip }, io);
    },
    onResult: (batch, result) => {
      addResult(totals, batch, result);
      io.out(`${oldIds.get(batch.id)} as ${batch.id} ${describeResult(result)}`);
    },
  });
  if (refusal !== undefined) throw new SendStoppedError(refusal);
  return totals;
}

/** Passes the batches on that have a row to send. */
async function* countInto(
  totals: ReplayTotals,
  batches: AsyncIterable<ReplayableBatch>,
): AsyncGenerator<ReplayableBatch> {
  for await (const batch of batches) {
    totals.cut += batch.cut;
    totals.unfit += batch.unfit;
    if (batch.lines.length === 0) continue;
    totals.batches++;
    totals.rows += batch.lines.length;
    yield batch;
  }
}

function addResult(totals: ReplayTotals, batch: Batch, result: BatchResult): void {
  if (result.kind !== 'receipt') {
    totals.failed++;
    return;
  }
  const { outcome, accepted, quarantined } = result.receipt;
  const taken = accepted ?? batch.lines.length;
  totals[outcome === 'spooled' ? 'spooled' : 'stored'] += taken;
  totals.quarantined += quarantined ?? 0;
}

function describeResult(result: BatchResult): string {
  switch (result.kind) {
    case 'receipt': {
      const { outcome, received, accepted, quarantined } = result.receipt;
      const judged = accepted === null ? 'not judged yet' : `${accepted} accepted, ${quarantined ?? 0} quarantined`;
      return `${outcome}: ${received} rows, ${judged}`;
    }
    case 'failed':
      return `failed: ${result.reason}`;
    case 'stop':
      return `refused: ${result.refusal.status} ${result.refusal.code ?? 'no code'}`;
  }
}
