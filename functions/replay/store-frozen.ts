import { applyVerdict, type RowRange } from '../ingest/apply-verdict.ts';
import { type BatchAddress, type BatchStore, type LedgerEntry, StoreError } from '../ingest/batch-store.ts';
import type { Contract } from '../ingest/contract.ts';
import type { RowsVerdict } from '../ingest/judge-rows.ts';
import { orJudgingFailed } from '../ingest/judging-failed-error.ts';
import type { ParsedRows } from '../ingest/parse-rows.ts';
import type { SpoolEnvelope } from '../ingest/spool-object.ts';
import { type JudgedBatch, storeAccepted, storeRefused } from '../ingest/store-batch.ts';
import type { Verdict } from '../ingest/verdict.ts';
import { patience } from './patience.ts';
import {
  afterRefused,
  afterStored,
  beginSearch,
  type CountRows,
  quarantined,
  resumeSearch,
  type Search,
  type UnfitRow,
} from './search.ts';
import type { SearchRecord } from './search-record.ts';

/** A spooled batch, opened and judged. */
export interface FrozenBatch {
  readonly envelope: SpoolEnvelope;
  readonly address: BatchAddress;
  readonly contract: Contract;
  readonly rows: ParsedRows;
  readonly bodyBytes: number;
  readonly frozen: Verdict;
  /** Begins the query ids. */
  readonly requestId: string;
  /** Whether ClickHouse surely knows the batch's tokens again. */
  readonly isFresh: boolean;
}

export type FrozenOutcome =
  | {
      readonly kind: 'stored';
      readonly accepted: number;
      readonly refused: number;
      /** Of the refused ones, those that validation had taken. */
      readonly missed: readonly UnfitRow[];
    }
  | { readonly kind: 'dead'; readonly reason: 'VERDICT_UNFIT' | 'PARTLY_STORED' };

const NOTHING: LedgerEntry = { stored: 0, quarantined: 0, missing: 0 };

/**
 * Stores what of a batch is not in ClickHouse yet, as its verdict has it. A row that ClickHouse refuses, though validation took it, is
 * singled out and goes to quarantine: that takes up to 64 inserts, which is why ingest leaves it to replay.
 *
 * @throws StoreError, SpoolError, JudgingFailedError
 */
export async function storeFrozen(batch: FrozenBatch, store: BatchStore, record: SearchRecord): Promise<FrozenOutcome> {
  const { envelope, frozen, contract, rows, address } = batch;
  const whole = verdictOf(batch, { from: 0, to: rows.values.length });
  if (whole === undefined) return dead('VERDICT_UNFIT');
  const begun = await record.read(patience());
  // While ClickHouse surely knows the tokens, rows that are in are inserted again without asking: what is dropped in the table still goes to
  // a view of the user's own that failed before. Not of a batch that was spooled unjudged: sent again, it may have been judged by others.
  const isAgain = batch.isFresh && begun === undefined && envelope.verdict !== null;
  const mayBeAnothers = frozen.contract !== contract.hash;
  const there = isAgain && !mayBeAnothers ? NOTHING : await store.ledger(address, patience());
  // Also under another verdict: sent again after its table had changed, the batch was judged anew, and its sender told so.
  if (isComplete(there, rows) && !(isAgain && there.stored === whole.accepted)) return stored(there, begun);

  const count = countGood(frozen, rows);
  const resumed = begun === undefined ? undefined : resumeSearch(begun, there.stored, count);
  // Everything is there, and yet a row is missing: another is in both tables.
  const isMixed = there.stored + there.quarantined >= rows.values.length && !isComplete(there, rows);
  const fits = begun === undefined ? isAllOrNone(there.stored, whole.accepted) : resumed !== undefined;
  if (isMixed || !fits || !isAllOrNone(there.quarantined, whole.refused.length)) return dead('PARTLY_STORED');

  const known = isAgain ? NOTHING : there;
  if (known.quarantined < whole.refused.length) await storeRefused(judged(batch, whole), store, patience());
  // What was found out by the ledger has to stand before the next insert: from then on the ledger alone could not tell.
  if (resumed !== undefined && resumed !== begun) await record.write(resumed, patience());
  const found = resumed ?? (known.stored === 0 ? await storeTogether(batch, whole, count, store, record) : undefined);
  const search = found === undefined ? undefined : await storeApart(batch, found, count, store, record);
  const missed = search?.unfit ?? [];
  await storeMissed(batch, missed, store);

  const now = await store.ledger(address, patience());
  if (isComplete(now, rows)) return stored(now, search);
  // Judged anew at the same moment, the batch may have taken these tokens for other rows: ours were dropped as repeated. A ledger that
  // has yet to hear of an insert is no sign of that.
  const [accepted, refused] = [whole.accepted - missed.length, whole.refused.length + missed.length];
  if (!isAllOrNone(now.stored, accepted) || !isAllOrNone(now.quarantined, refused)) return dead('PARTLY_STORED');
  if (now.stored === accepted && now.quarantined === refused) return dead('PARTLY_STORED');
  return { kind: 'stored', accepted, refused, missed };
}

/** All good rows as one insert. Returns a search where ClickHouse refuses a row of them. */
async function storeTogether(
  batch: FrozenBatch,
  whole: RowsVerdict,
  count: CountRows,
  store: BatchStore,
  record: SearchRecord,
): Promise<Search | undefined> {
  if (whole.accepted === 0) return undefined;
  if ((await refusal(() => storeAccepted(judged(batch, whole), store, patience()))) === undefined) return undefined;
  // Perhaps the bad row was another batch's.
  const alone = () => storeAccepted(judged(batch, whole), store, patience(), { alone: true });
  const error = await refusal(alone);
  if (error === undefined) return undefined;
  // An attempt of ingest that nobody waited for has come through meanwhile: the next replay sees all of it.
  if ((await store.ledger(batch.address, patience())).stored > 0) throw error;
  const search = beginSearch(batch.rows.values.length, error.clickhouseCode ?? 0, count);
  await record.write(search, patience());
  return search;
}

/** The good rows range by range, until each is in or known as one that ClickHouse refuses. */
async function storeApart(
  batch: FrozenBatch,
  begun: Search,
  count: CountRows,
  store: BatchStore,
  record: SearchRecord,
): Promise<Search> {
  let search = begun;
  for (let [range] = search.pending; range !== undefined; [range] = search.pending) {
    const error = await storeRange(batch, range, store);
    search = error === undefined ? afterStored(search, count) : afterRefused(search, error.clickhouseCode ?? 0, count);
    await record.write(search, patience());
  }
  return search;
}

async function storeRange(batch: FrozenBatch, range: RowRange, store: BatchStore): Promise<StoreError | undefined> {
  const part = verdictOf(batch, range);
  // Of a batch that fits as a whole, every part does.
  if (part === undefined) throw new StoreError(`Writing a part of a batch for ${batch.contract.table}`, undefined);
  return refusal(() => storeAccepted(judged(batch, part), store, patience(), { range, alone: true }));
}

async function storeMissed(batch: FrozenBatch, missed: readonly UnfitRow[], store: BatchStore): Promise<void> {
  const [first, last] = [missed[0], missed.at(-1)];
  if (first === undefined || last === undefined) return;
  const { keptOf, lineOf } = batch.rows;
  const refused = missed.map((unfit) => ({ ...quarantined(unfit, lineOf(unfit.row)), raw: keptOf(unfit.row) }));
  const range = { from: first.row, to: last.row + 1 };
  const verdict: RowsVerdict = {
    bytes: Buffer.alloc(0),
    format: 'RowBinaryWithDefaults',
    columns: [],
    accepted: 0,
    refused,
  };
  await storeRefused(judged(batch, verdict), store, patience(), range);
}

/** The error by which ClickHouse refuses a row; undefined where it took them all. @throws whatever else went wrong */
async function refusal(insert: () => Promise<unknown>): Promise<StoreError | undefined> {
  try {
    await insert();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.fault === 'data') return error;
    throw error;
  }
}

function verdictOf(batch: FrozenBatch, range: RowRange): RowsVerdict | undefined {
  const { frozen, contract, rows, envelope, bodyBytes } = batch;
  return orJudgingFailed(contract.table, () => applyVerdict(frozen, contract, rows, envelope.stamp, bodyBytes, range));
}

function judged({ envelope, contract, frozen, requestId }: FrozenBatch, verdict: RowsVerdict): JudgedBatch {
  const { stream, stamp, key, limits } = envelope;
  return { stream, contract, stamp, verdict, judgedBy: frozen.contract, key, rowBytes: limits.rowBytes, requestId };
}

/** How many rows of a range the verdict takes. */
function countGood({ refused }: Verdict, rows: ParsedRows): CountRows {
  const good = new Uint32Array(rows.values.length + 1);
  const bad = new Set(refused.map(({ row }) => row));
  for (const row of rows.values.keys()) good[row + 1] = (good[row] ?? 0) + (bad.has(row) ? 0 : 1);
  return ({ from, to }) => (good[to] ?? 0) - (good[from] ?? 0);
}

/** Every row of the batch is in one of the two tables, and in one only. */
function isComplete({ stored, quarantined: refused, missing }: LedgerEntry, rows: ParsedRows): boolean {
  return missing === 0 && stored + refused === rows.values.length;
}

/** ClickHouse takes an insert as one block. */
function isAllOrNone(there: number, rows: number): boolean {
  return there === 0 || there === rows;
}

function stored({ stored: accepted, quarantined: refused }: LedgerEntry, search: Search | undefined): FrozenOutcome {
  return { kind: 'stored', accepted, refused, missed: search?.unfit ?? [] };
}

function dead(reason: 'VERDICT_UNFIT' | 'PARTLY_STORED'): FrozenOutcome {
  return { kind: 'dead', reason };
}
