import type { BatchAddress, LedgerBatch } from './ledger.ts';
import type { PromisedBatch } from './promised-batches.ts';

/** What three lists say of the same batches, each by `ledgerKey`. */
export interface BatchLists {
  /** What senders were told is kept: the audit lines. */
  readonly promised: ReadonlyMap<string, PromisedBatch>;
  /** What waits: names of objects of the spool without their prefix. */
  readonly spooled: ReadonlySet<string>;
  /** Of these, what replay has given up. */
  readonly dead: ReadonlySet<string>;
  /** What ClickHouse has. */
  readonly ledger: ReadonlyMap<string, LedgerBatch>;
}

/** Counts of rows, but for `batches`. Each declared row is stored, quarantined, spooled, dead or missing, or more than one of them. */
export interface Reconciled {
  readonly stream: string;
  readonly principal: string;
  readonly batches: number;
  readonly declared: number;
  readonly stored: number;
  /** Rows that were written more than once, those among them that are stored and in quarantine. */
  readonly duplicate: number;
  readonly quarantined: number;
  readonly spooled: number;
  /** In the spool, where they wait for a person. */
  readonly dead: number;
  readonly missing: number;
}

export interface MissingBatch extends BatchAddress {
  readonly missing: number;
  readonly declared: number;
  /** Undefined where nobody was told that it is kept: its sender got another answer, or none. */
  readonly promise: PromisedBatch | undefined;
}

export interface Reconciliation {
  /** By stream and principal. */
  readonly groups: readonly Reconciled[];
  /** Those with the most missing rows first. */
  readonly missing: readonly MissingBatch[];
}

/** Holds the lists against each other. A row that is neither in ClickHouse nor in a batch of the spool is missing. */
export function reconcileBatches({ promised, spooled, dead, ledger }: BatchLists): Reconciliation {
  const groups = new Map<string, Reconciled>();
  const missing: MissingBatch[] = [];
  for (const key of new Set([...promised.keys(), ...ledger.keys()])) {
    const promise = promised.get(key);
    const there = ledger.get(key);
    const address = promise ?? there;
    if (address === undefined) continue;
    const declared = there?.declared ?? promise?.declared ?? 0;
    const absent = there?.missing ?? declared;
    const place = dead.has(key) ? 'dead' : spooled.has(key) ? 'spooled' : 'missing';
    const { stream, principal, batchId, digest } = address;
    const group = `${stream} ${principal}`;
    groups.set(
      group,
      add(groups.get(group) ?? nothing(stream, principal), {
        batches: 1,
        declared,
        stored: there?.stored ?? 0,
        duplicate: there === undefined ? 0 : there.duplicates + inBoth(there),
        quarantined: there?.quarantined ?? 0,
        spooled: 0,
        dead: 0,
        missing: 0,
        [place]: absent,
      }),
    );
    if (absent > 0 && place === 'missing')
      missing.push({ stream, principal, batchId, digest, missing: absent, declared, promise });
  }
  return {
    groups: [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group),
    missing: missing.toSorted((one, other) => other.missing - one.missing),
  };
}

/** Rows that are stored and in quarantine. */
function inBoth({ declared, stored, quarantined, missing }: LedgerBatch): number {
  return Math.max(stored + quarantined + missing - declared, 0);
}

type Counts = Omit<Reconciled, 'stream' | 'principal'>;

function nothing(stream: string, principal: string): Reconciled {
  return {
    stream,
    principal,
    batches: 0,
    declared: 0,
    stored: 0,
    duplicate: 0,
    quarantined: 0,
    spooled: 0,
    dead: 0,
    missing: 0,
  };
}

function add(group: Reconciled, more: Counts): Reconciled {
  return {
    ...group,
    batches: group.batches + more.batches,
    declared: group.declared + more.declared,
    stored: group.stored + more.stored,
    duplicate: group.duplicate + more.duplicate,
    quarantined: group.quarantined + more.quarantined,
    spooled: group.spooled + more.spooled,
    dead: group.dead + more.dead,
    missing: group.missing + more.missing,
  };
}
