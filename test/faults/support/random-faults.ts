import { setTimeout } from 'node:timers/promises';
import { CLICKHOUSE_CODES, faultOfCode } from '../../../functions/ingest/clickhouse-codes.ts';
import {
  ANY,
  type Fault,
  failLate,
  failWith,
  halfClose,
  loseAnswer,
  QUARANTINE_INSERT,
  ROWS_INSERT,
  readOnly,
  reset,
  withholdAnswer,
  wrongPassword,
} from './fault-proxy.ts';

/** A fault between one function and ClickHouse, for some statements. */
export interface StatementFault {
  readonly name: string;
  readonly match: RegExp;
  readonly fault: Fault;
  /** So many statements meet with it. */
  readonly times: number;
  /** Whether it says of rows that they are bad. */
  readonly blamesRows: boolean;
}

/** What goes wrong next. */
export type RandomFault =
  | { readonly kind: 'statement'; readonly statement: StatementFault }
  /** ClickHouse is killed, and away for so long. */
  | { readonly kind: 'engine'; readonly name: string; readonly awayMs: number }
  /** The container dies when ClickHouse has taken its rows, and before it has answered. */
  | { readonly kind: 'container'; readonly name: string }
  /** The table has too many parts for so long. */
  | { readonly kind: 'parts'; readonly name: string; readonly forMs: number }
  /** So many steps of the spool fail. */
  | { readonly kind: 'spool'; readonly name: string; readonly times: number }
  /** One batch is sent so often at the same moment. */
  | { readonly kind: 'crowd'; readonly name: string; readonly times: number };

const MATCHES = [ANY, ROWS_INSERT, QUARANTINE_INSERT];
/** Beyond the patience of the ingest process. */
const SLOW_MS = 3_300;
/** One of each kind that has a code; two codes that nobody knows are among them. */
const CODES = [...Object.keys(CLICKHOUSE_CODES).map(Number), 395, 9_999];

const slow: Fault = async (forward) => {
  await setTimeout(SLOW_MS);
  return forward();
};

/**
 * Deals the faults: each kind once in an order that chance decides, then all of them anew.
 *
 * @param random from 0 to 1
 */
export function dealFaults(random: () => number): () => RandomFault {
  const below = (end: number) => Math.floor(random() * end);
  const statement = (name: string, fault: Fault, times = 1 + below(6), blamesRows = false): RandomFault => ({
    kind: 'statement',
    statement: { name, match: MATCHES[below(MATCHES.length)] ?? ANY, fault, times, blamesRows },
  });
  const blames = (code: number) => faultOfCode(code, false) === 'data';
  const withCode = (deal: (code: number) => RandomFault) => () => deal(CODES[below(CODES.length)] ?? 241);
  const engineKilled = (): RandomFault => ({ kind: 'engine', name: 'killed -9', awayMs: 200 + below(600) });
  const kinds: readonly (() => RandomFault)[] = [
    engineKilled,
    () => ({ kind: 'container', name: 'container killed between insert and answer' }),
    () => ({ kind: 'parts', name: 'too many parts', forMs: 100 + below(300) }),
    () => ({ kind: 'spool', name: 'spool fails', times: 1 + below(4) }),
    () => ({ kind: 'crowd', name: 'one batch 50 times at once', times: 50 }),
    () => statement('slow', slow, 1 + below(3)),
    () => statement('half-closed', halfClose, 1 + below(2)),
    () => statement('connection cut', reset),
    () => statement('answer lost', loseAnswer),
    () => statement('answer withheld', withholdAnswer, 1),
    withCode((code) => statement(`code ${code}`, failWith(code), 1 + below(6), blames(code))),
    withCode((code) => statement(`code ${code} again and again`, failWith(code), 20, blames(code))),
    withCode((code) => statement(`200, then code ${code}`, failLate(code, random() < 0.5))),
    () => statement('wrong password', wrongPassword),
    () => statement('read-only', readOnly),
  ];
  let left: (() => RandomFault)[] = [];
  return () => {
    if (left.length === 0) left = [...kinds];
    const [deal = engineKilled] = left.splice(below(left.length), 1);
    return deal();
  };
}
