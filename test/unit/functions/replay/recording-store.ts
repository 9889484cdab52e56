import type {
  BatchInsert,
  BatchStore,
  ColumnDescription,
  LedgerEntry,
} from '../../../../functions/ingest/batch-store.ts';
import { QUARANTINE_TABLE } from '../../../../functions/ingest/quarantine.ts';
import { ROWS_TABLE as TABLE } from '../ingest/stream-contract.ts';

export interface StoreFaults {
  /** Throws where an insert is to fail. */
  readonly insert?: (insert: BatchInsert) => void;
  readonly describe?: () => void;
  /** Instead of what the store has taken. */
  readonly ledger?: () => LedgerEntry;
}

/** A store that remembers what it was handed, keeps one insert a token, and counts what it kept as the ledger does. */
export function recordingStore(faults: StoreFaults = {}, columns: readonly ColumnDescription[] = TABLE) {
  const handed: BatchInsert[] = [];
  const kept = new Map<string, BatchInsert>();
  let ledgerReads = 0;
  const store: BatchStore = {
    describe: async () => {
      faults.describe?.();
      return columns;
    },
    insert: async (insert) => {
      faults.insert?.(insert);
      handed.push(insert);
      if (!kept.has(insert.deduplicationToken)) kept.set(insert.deduplicationToken, insert);
    },
    ledger: async ({ digest }) => {
      ledgerReads++;
      if (faults.ledger !== undefined) return faults.ledger();
      const rowsIn = (inQuarantine: boolean) =>
        [...kept.values()]
          .filter(({ table }) => (table === QUARANTINE_TABLE) === inQuarantine)
          .reduce((rows, { bytes }) => rows + countOf(Buffer.from(bytes), digest), 0);
      return { stored: rowsIn(false), quarantined: rowsIn(true), missing: 0 };
    },
  };
  return { store, handed, kept, ledgerReads: () => ledgerReads };
}

export type RecordingStore = ReturnType<typeof recordingStore>;

/** What of an insert must not differ between two attempts at one batch. */
export function lasting({ table, columns, format, bytes, deduplicationToken }: BatchInsert) {
  return { table, columns, format, bytes: Buffer.from(bytes).toString('latin1'), deduplicationToken };
}

/** Every stored row carries its batch's digest once. */
function countOf(bytes: Buffer, digest: string): number {
  return bytes.toString('latin1').split(digest).length - 1;
}
