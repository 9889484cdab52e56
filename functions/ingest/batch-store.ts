/** A column as `system.columns` describes it. */
export interface ColumnDescription {
  readonly name: string;
  readonly type: string;
  /** '', DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL. */
  readonly defaultKind: string;
}

export interface BatchInsert {
  /** Identifiers come from the configuration and the table's contract, never from a request. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: 'RowBinaryWithDefaults' | 'JSONEachRow';
  readonly bytes: Uint8Array;
  /** The same token with the same rows is stored once (design §3.5). */
  readonly deduplicationToken: string;
  readonly queryId: string;
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

/** ClickHouse did not take a batch or did not answer in time. Its text may quote rows, so only the code is kept. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'STORE_FAILED';
  readonly retryable = true;
  /** ClickHouse's numeric error code, where it answered. */
  readonly clickhouseCode: number | undefined;

  constructor(what: string, clickhouseCode: number | undefined) {
    const reason =
      clickhouseCode === undefined ? 'no answer in time' : `ClickHouse answered with code ${clickhouseCode}`;
    super(`${what} failed: ${reason}. See docs/errors.md for what the code means.`);
    this.clickhouseCode = clickhouseCode;
  }
}
