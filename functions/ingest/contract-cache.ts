import type { Clock } from '../shared/clock.ts';
import type { BatchStore } from './batch-store.ts';
import { type Contract, ContractUnusableError, compileContract } from './contract.ts';
import type { RestColumns } from './rest-columns.ts';

/** Contracts of tables, kept in the container. */
export interface ContractCache {
  /**
   * The table's contract, at most a minute old; older as long as ClickHouse does not answer, because a verdict must not
   * change with ClickHouse's health (design §3.5).
   * @throws StoreError where ClickHouse never answered, ContractUnusableError where the table cannot be served
   */
  get(table: string, signal: AbortSignal): Promise<Contract>;
  /** Lets the next batch ask again: ClickHouse answered that the table is not what the contract says. */
  expire(table: string): void;
}

const FRESH_MS = 60_000;
/** While ClickHouse is away, or the table cannot be served, asking again waits this long: not every batch pays for the question. */
const RETRY_MS = 5_000;

/** @param restColumns finds the column of a table that keeps unknown fields; by default no table has one */
export function createContractCache(
  store: Pick<BatchStore, 'describe'>,
  clock: Clock,
  restColumns: RestColumns = () => undefined,
): ContractCache {
  const entries = new Map<string, { readonly contract: Contract; readonly until: number }>();
  const unusable = new Map<string, { readonly error: ContractUnusableError; readonly until: number }>();
  const asking = new Map<string, Promise<Contract>>();

  async function ask(table: string, signal: AbortSignal): Promise<Contract> {
    const old = entries.get(table);
    let described: Awaited<ReturnType<BatchStore['describe']>>;
    try {
      described = await store.describe(table, signal);
    } catch (error) {
      if (old === undefined) throw error;
      entries.set(table, { contract: old.contract, until: clock() + RETRY_MS });
      return old.contract;
    }
    try {
      const contract = compileContract(table, described, restColumns(table));
      entries.set(table, { contract, until: clock() + FRESH_MS });
      return contract;
    } catch (error) {
      if (error instanceof ContractUnusableError) unusable.set(table, { error, until: clock() + RETRY_MS });
      throw error;
    }
  }

  return {
    async get(table, signal) {
      const entry = entries.get(table);
      if (entry !== undefined && clock() < entry.until) return entry.contract;
      const refused = unusable.get(table);
      if (refused !== undefined && clock() < refused.until) throw refused.error;
      const running = asking.get(table) ?? ask(table, signal).finally(() => asking.delete(table));
      asking.set(table, running);
      return running;
    },
    expire(table) {
      const entry = entries.get(table);
      // The contract itself stays, for as long as ClickHouse does not answer.
      if (entry !== undefined) entries.set(table, { ...entry, until: clock() });
    },
  };
}
