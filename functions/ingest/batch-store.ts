import { type FaultContext, faultOfCode, type StoreFault } from './clickhouse-codes.ts';

/** A column as `system.columns` describes it. */
export interface ColumnDescription {
  readonly name: string;
  readonly type: string;
  /** '', DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL. */
  readonly defaultKind: string;
  /** @default false */
  readonly isInPartitionKey?: boolean;
}

/** How the bytes of an insert are laid out; what each is for, docs/adr/0001 and 0013 say. */
export type InsertFormat = 'Native' | 'RowBinaryWithNamesAndTypes' | 'RowBinaryWithDefaults' | 'JSONEachRow';

export interface BatchInsert {
  /** Identifiers come from the configuration and the table's contract, never from a request. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: InsertFormat;
  readonly bytes: Uint8Array;
  /** What the table has to be for the bytes to mean what was judged: its columns, and a RowBinaryWithNamesAndTypes header of them. */
  readonly contractTypes?: { readonly columns: readonly string[]; readonly bytes: Uint8Array };
  /** The same token with the same rows is stored once (design §3.5). */
  readonly deduplicationToken: string;
  readonly queryId: string;
  /**
   * Not together with the rows of others: in a shared flush, one bad row fails them all
   * (https://github.com/ClickHouse/ClickHouse/issues/86651). @default false
   */
  readonly alone?: boolean;
  readonly signal: AbortSignal;
}

/** What makes a batch that batch in the ledger (design §3.5). */
export interface BatchAddress {
  readonly principal: string;
  readonly stream: string;
  readonly batchId: string;
  readonly digest: string;
}

/** Rows of a batch that are in ClickHouse already. */
export interface LedgerEntry {
  readonly stored: number;
  readonly quarantined: number;
  /** Declared, and in neither table. */
  readonly missing: number;
}

/** A batch whose rows in ClickHouse are not those that it declared, each once. */
export interface LedgerFault extends BatchAddress {
  /** Declared, and in neither table. */
  readonly missing: number;
  /** Written more than once. */
  readonly duplicates: number;
}

/** Which batches are looked at. */
export interface LedgerSpan {
  /** Their first row came then or later, in milliseconds since the epoch. */
  readonly since: number;
  /** Their last row came before that. */
  readonly until: number;
  /** One batch in so many, always the same ones. */
  readonly oneIn: number;
}

/** The ledger as a whole. */
export interface BatchLedger {
  /** The batches of which rows are missing or there twice: the worst first, 1,000 at most. @throws StoreError */
  faults(span: LedgerSpan, signal: AbortSignal): Promise<readonly LedgerFault[]>;
}

/** ClickHouse as ingest and replay need it. */
export interface BatchStore {
  /** The columns of a table in table order. @throws StoreError */
  describe(table: string, signal: AbortSignal): Promise<readonly ColumnDescription[]>;
  /** Resolves when the rows can be read. @throws StoreError */
  insert(insert: BatchInsert): Promise<void>;
  /** What the ledger knows of a batch; zeros where it knows nothing. @throws StoreError */
  ledger(batch: BatchAddress, signal: AbortSignal): Promise<LedgerEntry>;
}

export interface StoreErrorOptions extends FaultContext {
  /** How an answer failed to come, where there was none. @default 'silent' */
  readonly without?: 'silent' | 'disconnected';
  /** Whether ClickHouse had said 200 before: then the rows may be in, whatever the code. @default false */
  readonly late?: boolean;
  /** Whether the table's types are no more those of the contract, so that no row is at fault. @default false */
  readonly changed?: boolean;
}

/** ClickHouse did not take a batch or did not answer in time. Its text may quote rows, so only the code is kept. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'STORE_FAILED';
  readonly retryable = true;
  /** ClickHouse's numeric error code, where it answered. */
  readonly clickhouseCode: number | undefined;
  /** What it is to us. */
  readonly fault: StoreFault;

  constructor(what: string, clickhouseCode: number | undefined, options: StoreErrorOptions = {}) {
    const { without = 'silent', inView = false, late = false, scattered = false, changed = false } = options;
    super(`${what} failed: ${reasonOf(clickhouseCode, without, inView)}. See docs/errors.md for what the code means.`);
    this.clickhouseCode = clickhouseCode;
    if (clickhouseCode === undefined) this.fault = without;
    else if (changed) this.fault = 'schema';
    else this.fault = late ? 'uncertain' : faultOfCode(clickhouseCode, { inView, scattered });
  }
}

function reasonOf(code: number | undefined, without: 'silent' | 'disconnected', inView: boolean): string {
  if (code === undefined) return without === 'silent' ? 'no answer in time' : 'the connection was refused or cut';
  return `ClickHouse answered with code ${code}${inView ? ', from a materialized view' : ''}`;
}
