import { SPOOL_PREFIX } from '../functions/shared/batch-spool.ts';
import { openAuditLines } from './audit-lines.ts';
import type { CommandIo } from './command-io.ts';
import { countRows } from './count-rows.ts';
import { formatTable } from './format-table.ts';
import { type BatchCounts, type LedgerBatch, openLedger } from './ledger.ts';
import { useDatabase } from './operator-database.ts';
import { parseTime } from './parse-time.ts';
import { type PromisedBatch, readPromises } from './promised-batches.ts';
import { type BatchLists, type Reconciliation, reconcileBatches } from './reconcile-batches.ts';
import type { ReconcileCommand } from './reconcile-command.ts';
import { readDead } from './spool-objects.ts';
import { type ListedObject, openSpool, type SpoolPlace } from './spool-place.ts';

const SHOWN_BATCHES = 20;

/** A batch that nobody was told of may be on its way for so long: ingest has 15 s, replay 120 s. */
const ON_ITS_WAY_MS = 180_000;

/**
 * `edgehouse reconcile`: holds what senders were told, what ClickHouse has and what waits in the spool against each other.
 *
 * @returns whether nothing is missing, and nothing waits for a person
 */
export async function reconcile(
  { account, place, since, stream, principal, tables, json }: ReconcileCommand,
  io: Pick<CommandIo, 'out' | 'fetch' | 'now'>,
): Promise<boolean> {
  const from = parseTime('--since', since, io.now());
  const { config } = await import('#config');
  const access = { place, vaultToken: undefined };
  const [places, auditLines] = await Promise.all([
    openSpool(access, config, io),
    openAuditLines(place, config.regions),
  ]);
  // In this order: a batch that is on its way from one to the next is seen in one of them at least.
  const promised = await readPromises(auditLines, from);
  const objects = await listObjects(places);
  const spooled = new Set(objects.map(keyOf));
  const dead = new Set([...(await readDead(auditLines, objects)).keys()].map((name) => keyOf({ name })));
  const ledger = await useDatabase(account, config.clickhouse.database, (database) =>
    readCounts(tables ? countRows(database, config.streams) : openLedger(database), promised, from, io.now()),
  );
  const lists = narrow({ promised, spooled, dead, ledger }, (batch) => {
    return (stream ?? batch.stream) === batch.stream && (principal ?? batch.principal) === batch.principal;
  });
  const found = reconcileBatches(lists);
  if (json) io.out(JSON.stringify({ since: new Date(from).toISOString(), ...found }, undefined, 2));
  else for (const line of describe(found)) io.out(line);
  return found.missing.length === 0 && countDead(found) === 0;
}

async function listObjects(places: readonly SpoolPlace[]): Promise<readonly ListedObject[]> {
  const objects: ListedObject[] = [];
  for (const place of places) for await (const object of place.list()) objects.push(object);
  return objects;
}

function keyOf({ name }: Pick<ListedObject, 'name'>): string {
  return name.slice(SPOOL_PREFIX.length);
}

function countDead({ groups }: Reconciliation): number {
  return groups.reduce((sum, group) => sum + group.dead, 0);
}

/** What came since then, and what was sent again since then and had come before. */
async function readCounts(
  counts: BatchCounts,
  promised: ReadonlyMap<string, PromisedBatch>,
  since: number,
  now: number,
): Promise<ReadonlyMap<string, LedgerBatch>> {
  const recent = await counts.since(since);
  const told = [...promised].filter(([key]) => !recent.has(key)).map(([, { batchId }]) => batchId);
  const earlier = told.length === 0 ? new Map<string, LedgerBatch>() : await counts.of(told);
  const ended = ({ firstReceivedAt }: LedgerBatch) => firstReceivedAt >= since && firstReceivedAt < now - ON_ITS_WAY_MS;
  return new Map([...recent, ...earlier].filter(([key, batch]) => promised.has(key) || ended(batch)));
}

function narrow(
  { promised, ledger, ...objects }: BatchLists,
  isWanted: (batch: { readonly stream: string; readonly principal: string }) => boolean,
): BatchLists {
  return {
    promised: new Map([...promised].filter(([, batch]) => isWanted(batch))),
    ...objects,
    ledger: new Map([...ledger].filter(([, batch]) => isWanted(batch))),
  };
}

function describe(found: Reconciliation): readonly string[] {
  const { groups, missing } = found;
  if (groups.length === 0) return ['no batches'];
  const head = [
    'stream',
    'principal',
    'batches',
    'declared',
    'stored',
    'duplicate',
    'quarantined',
    'spooled',
    'dead',
    'missing',
  ] as const;
  const counts = formatTable(
    head,
    groups.map((group) => head.map((column) => group[column])),
  );
  const dead = countDead(found);
  const table =
    dead === 0
      ? counts
      : [...counts, `${dead} rows wait for a person: \`edgehouse spool ls\` says why replay gave them up`];
  if (missing.length === 0) return [...table, 'nothing is missing'];
  const batches = formatTable(
    ['batch', 'stream', 'principal', 'missing', 'declared', 'promised', 'request'],
    missing
      .slice(0, SHOWN_BATCHES)
      .map(({ batchId, stream, principal, missing: rows, declared, promise }) => [
        batchId,
        stream,
        principal,
        rows,
        declared,
        promise?.time,
        promise?.requestId,
      ]),
  );
  const rows = missing.reduce((sum, batch) => sum + batch.missing, 0);
  const shown = missing.length > SHOWN_BATCHES ? `, of which ${SHOWN_BATCHES} are shown` : '';
  return [...table, '', ...batches, `${rows} rows of ${missing.length} batches are missing${shown}`];
}
