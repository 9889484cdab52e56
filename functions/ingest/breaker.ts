import type { Clock } from '../shared/clock.ts';
import { StoreError } from './batch-store.ts';
import { FAULT_HANDLING } from './clickhouse-codes.ts';

/**
 * Keeps a container from asking a ClickHouse that is not well: the first batch that meets it pays with its patience, the next ones go
 * into the spool at once. After a pause one of them asks again, and its answer decides for all.
 */
export interface Breaker {
  /**
   * @param table what an insert writes to; a table that is in trouble stops no other. Undefined for a question
   * @throws BreakerOpenError instead of doing the work; else what the work throws
   */
  run<T>(table: string | undefined, work: () => Promise<T>): Promise<T>;
}

/** ClickHouse was not asked, because it failed just now. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
  readonly code = 'BREAKER_OPEN';
  readonly retryable = true;
  /** @param fault what ClickHouse did when it was asked last */
  constructor(fault: StoreError) {
    super(`ClickHouse was not asked, because it failed just now, and is asked again in a while. ${fault.message}`, {
      cause: fault,
    });
  }
}

/** Milliseconds until it is asked again: about what an in-memory queue of inserts needs to drain. */
const FIRST_PAUSE_MS = 5_000;
/** A sleeping service of Cloud takes 20 to 60 s to wake (research: clickhouse-go #890, egma #176), and is woken by being asked. */
const LONGEST_PAUSE_MS = 30_000;

/** One for the whole service and one a table. State of the container, not of a request. */
export function createBreaker(clock: Clock): Breaker {
  const service = createCircuit(clock);
  // Bounded: the tables are those of the configuration, and `quarantine`.
  const tables = new Map<string, Circuit>();

  function circuitOf(table: string): Circuit {
    const circuit = tables.get(table) ?? createCircuit(clock);
    tables.set(table, circuit);
    return circuit;
  }

  return {
    async run(table, work) {
      const circuits = { service, own: table === undefined ? undefined : circuitOf(table) };
      circuits.own?.check();
      service.check();
      const [own, whole] = [circuits.own?.begin(), service.begin()];
      try {
        const result = await work();
        own?.(undefined);
        whole(undefined);
        return result;
      } catch (error) {
        const ofTable = error instanceof StoreError && error.fault === 'table-pressed';
        // The one is well where the other is at fault; what is no answer of ClickHouse says nothing of either.
        if (error instanceof StoreError) whole(ofTable ? undefined : error);
        else whole('unknown');
        own?.(ofTable ? error : 'unknown');
        throw error;
      }
    },
  };
}

/** Tells how it went: undefined where it went well, 'unknown' where nothing was learned of what the circuit stands for. */
type End = (fault: StoreError | 'unknown' | undefined) => void;

interface Circuit {
  /** @throws BreakerOpenError */
  check(): void;
  begin(): End;
}

function createCircuit(clock: Clock): Circuit {
  let open: { readonly fault: StoreError; readonly until: number; readonly pauseMs: number } | undefined;
  let probing = false;
  let strikes = 0;

  function close(): void {
    open = undefined;
    strikes = 0;
  }

  function fail(fault: StoreError, isProbe: boolean): void {
    const { breaks } = FAULT_HANDLING[fault.fault];
    // It answered, and not that it is unwell.
    if (breaks === 'never') {
      close();
      return;
    }
    strikes++;
    // What was under way when it opened has nothing new to tell.
    if (open !== undefined && !isProbe) return;
    if (open === undefined && breaks === 'repeated' && strikes < 2) return;
    const pauseMs = Math.min(open === undefined ? FIRST_PAUSE_MS : open.pauseMs * 2, LONGEST_PAUSE_MS);
    open = { fault, until: clock() + pauseMs, pauseMs };
  }

  return {
    check() {
      if (open !== undefined && (probing || clock() < open.until)) throw new BreakerOpenError(open.fault);
    },
    begin() {
      const isProbe = open !== undefined;
      if (isProbe) probing = true;
      return (fault) => {
        if (isProbe) probing = false;
        if (fault === undefined) close();
        else if (fault !== 'unknown') fail(fault, isProbe);
      };
    },
  };
}
