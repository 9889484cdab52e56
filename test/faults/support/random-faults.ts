import { setTimeout } from 'node:timers/promises';
import { CLICKHOUSE_CODES, faultOfCode, type StoreFault } from '../../../functions/ingest/clickhouse-codes.ts';
import {
  ANY,
  type Fault,
  failLate,
  failWith,
  halfClose,
  loseAnswer,
  QUARANTINE_INSERT,
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
  /** The secret has another user from now on, and ClickHouse does not know the password of the one before. */
  | { readonly kind: 'password'; readonly name: string }
  /** One batch is sent so often at the same moment. */
  | { readonly kind: 'crowd'; readonly name: string; readonly times: number };

/** Into either stream's table. */
export const STREAM_INSERT = /^INSERT INTO `(?:web_events|orders)`/;
const MATCHES = [ANY, STREAM_INSERT, QUARANTINE_INSERT];
/** Beyond the patience of the ingest process. */
const SLOW_MS = 3_300;
/** By class; two codes that nobody knows are among them. */
const CODES = Map.groupBy([...Object.keys(CLICKHOUSE_CODES).map(Number), 1, 9_999], (code) => faultOfCode(code));
/** The classes that are dealt in turn. */
export const CODE_CLASSES: readonly StoreFault[] = [...CODES.keys()];

const slow: Fault = async (forward) => {
  await setTimeout(SLOW_MS);
  return forward();
};

/**
 * Deals the faults: each kind once, and a code of each class, in an order that chance decides; then all of them anew.
 *
 * @param random from 0 to 1
 */
export function dealFaults(random: () => number): () => RandomFault {
  const below = (end: number) => Math.floor(random() * end);
  const statement = (name: string, fault: Fault, times = 1 + below(6), blamesRows = false): RandomFault => ({
    kind: 'statement',
    statement: { name, match: MATCHES[below(MATCHES.length)] ?? ANY, fault, times, blamesRows },
  });
  const ofClass = (kind: StoreFault, codes: readonly number[]) => () => {
    const code = codes[below(codes.length)] ?? 241;
    const name = `code ${code} (${kind})`;
    switch (below(3)) {
      case 0:
        return statement(name, failWith(code), 1 + below(6), kind === 'data');
      case 1:
        return statement(`${name} again and again`, failWith(code), 10, kind === 'data');
      default:
        return statement(`200, then ${name}`, failLate(code, random() < 0.5));
    }
  };
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
    ...[...CODES].map(([kind, codes]) => ofClass(kind, codes)),
    () => ({ kind: 'password', name: 'password rotated' }),
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
