import type { BatchAddress, LedgerBatch } from './ledger.ts';
import type { PromisedBatch } from './promised-batches.ts';

/** What three lists say of the same batches, each by `ledgerKey`. */
export interface BatchLists {
  /** What senders were told is kept: the audit lines. */
  readonly promised: ReadonlyMap<string, PromisedBatch>;
  /** What waits: names of objects of the spool without their prefix. */
  readonly spooled: ReadonlySet<string>;
  /** What ClickHouse has. */
  readonly ledger: ReadonlyMap<string, LedgerBatch>;
}

/** Counts of rows, but for `batches`. Each declared row is stored, quarantined, spooled or missing. */
export interface Reconciled {
  readonly stream: string;
  readonly principal: string;
  readonly batches: number;
  readonly declared: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly spooled: number;
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
export function reconcileBatches({ promised, spooled, ledger }: BatchLists): Reconciliation {
  const groups = new Map<string, Reconciled>();
  const missing: MissingBatch[] = [];
  for (const key of new Set([...promised.keys(), ...ledger.keys()])) {
    const promise = promised.get(key);
    const there = ledger.get(key);
    const address = promise ?? there;
    if (address === undefined) continue;
    const declared = there?.declared ?? promise?.declared ?? 0;
    const absent = there?.missing ?? declared;
    const waits = spooled.has(key);
    const { stream, principal, batchId, digest } = address;
    const group = `${stream} ${principal}`;
    groups.set(
      group,
      add(groups.get(group) ?? nothing(stream, principal), {
        batches: 1,
        declared,
        stored: there?.stored ?? 0,
        duplicate: there?.duplicates ?? 0,
        quarantined: there?.quarantined ?? 0,
        spooled: waits ? absent : 0,
        missing: waits ? 0 : absent,
      }),
    );
    if (absent > 0 && !waits) missing.push({ stream, principal, batchId, digest, missing: absent, declared, promise });
  }
  return {
    groups: [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group),
    missing: missing.toSorted((one, other) => other.missing - one.missing),
  };
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
    missing: group.missing + more.missing,
  };
}
