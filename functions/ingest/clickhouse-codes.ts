/**
 * What a failed statement is to us. Never by HTTP status, which is 500 for almost all of them (design §3.5); by code, and where there
 * is none, by how the answer failed to come.
 */
export type StoreFault =
  /** Too much at this moment: a second attempt may pass at once. */
  | 'busy'
  /** ClickHouse as a whole has to recover first. */
  | 'pressed'
  /** One table has to recover first; the others are well. */
  | 'table-pressed'
  /** The rows may be in or not. The same rows under the same token settle it. */
  | 'uncertain'
  /** No whole answer while we waited: asleep, or too slow. The rows may be in or not. */
  | 'silent'
  /** The connection was refused or cut, e.g. one that was kept too long. The rows may be in or not. */
  | 'disconnected'
  /** It does not know the user with this password. */
  | 'credential'
  /** Rights, settings or names are wrong: an operator has to act. */
  | 'setup'
  /** The table is not as the contract has it. */
  | 'schema'
  /** A row that validation took is refused; none of the insert is in. */
  | 'data'
  /** A materialized view of the user's own fails: the rows may be in their table already. */
  | 'view'
  /** No code that we know. */
  | 'unknown';

export interface FaultHandling {
  /** Whether a second attempt in the same request makes sense. */
  readonly retry: boolean;
  /** When the breaker stops asking: `repeated` is the second in a row. */
  readonly breaks: 'at-once' | 'repeated' | 'never';
}

/** What is done in each case; whatever else, the batch goes into the spool, and nothing is dropped. */
export const FAULT_HANDLING: Readonly<Record<StoreFault, FaultHandling>> = {
  busy: { retry: true, breaks: 'repeated' },
  pressed: { retry: false, breaks: 'at-once' },
  'table-pressed': { retry: false, breaks: 'at-once' },
  uncertain: { retry: true, breaks: 'repeated' },
  // The wait has used up what a batch may wait.
  silent: { retry: false, breaks: 'at-once' },
  disconnected: { retry: true, breaks: 'repeated' },
  // The store has tried again with a secret that it read anew.
  credential: { retry: false, breaks: 'never' },
  setup: { retry: false, breaks: 'never' },
  schema: { retry: false, breaks: 'never' },
  data: { retry: false, breaks: 'never' },
  view: { retry: false, breaks: 'never' },
  unknown: { retry: false, breaks: 'never' },
};

/**
 * ClickHouse's own names and numbers (https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp) and what each is
 * to us. Deduplicated inserts (389) are none: they are stored.
 */
export const CLICKHOUSE_CODES = {
  3: ['UNEXPECTED_END_OF_FILE', 'uncertain'],
  6: ['CANNOT_PARSE_TEXT', 'data'],
  16: ['NO_SUCH_COLUMN_IN_TABLE', 'schema'],
  25: ['CANNOT_PARSE_ESCAPE_SEQUENCE', 'data'],
  26: ['CANNOT_PARSE_QUOTED_STRING', 'data'],
  27: ['CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'data'],
  32: ['ATTEMPT_TO_READ_AFTER_EOF', 'data'],
  33: ['CANNOT_READ_ALL_DATA', 'data'],
  38: ['CANNOT_PARSE_DATE', 'data'],
  41: ['CANNOT_PARSE_DATETIME', 'data'],
  47: ['UNKNOWN_IDENTIFIER', 'schema'],
  53: ['TYPE_MISMATCH', 'data'],
  60: ['UNKNOWN_TABLE', 'setup'],
  62: ['SYNTAX_ERROR', 'data'],
  70: ['CANNOT_CONVERT_TYPE', 'data'],
  72: ['CANNOT_PARSE_NUMBER', 'data'],
  73: ['UNKNOWN_FORMAT', 'data'],
  81: ['UNKNOWN_DATABASE', 'setup'],
  115: ['UNKNOWN_SETTING', 'setup'],
  117: ['INCORRECT_DATA', 'data'],
  128: ['TOO_LARGE_ARRAY_SIZE', 'data'],
  131: ['TOO_LARGE_STRING_SIZE', 'data'],
  153: ['ILLEGAL_DIVISION', 'data'],
  159: ['TIMEOUT_EXCEEDED', 'busy'],
  164: ['READONLY', 'setup'],
  190: ['SIZES_OF_ARRAYS_DONT_MATCH', 'data'],
  192: ['UNKNOWN_USER', 'credential'],
  193: ['WRONG_PASSWORD', 'credential'],
  194: ['REQUIRED_PASSWORD', 'credential'],
  195: ['IP_ADDRESS_NOT_ALLOWED', 'setup'],
  201: ['QUOTA_EXCEEDED', 'pressed'],
  202: ['TOO_MANY_SIMULTANEOUS_QUERIES', 'busy'],
  203: ['NO_FREE_CONNECTION', 'busy'],
  209: ['SOCKET_TIMEOUT', 'busy'],
  210: ['NETWORK_ERROR', 'busy'],
  225: ['NO_ZOOKEEPER', 'pressed'],
  236: ['ABORTED', 'busy'],
  241: ['MEMORY_LIMIT_EXCEEDED', 'pressed'],
  242: ['TABLE_IS_READ_ONLY', 'table-pressed'],
  243: ['NOT_ENOUGH_SPACE', 'pressed'],
  252: ['TOO_MANY_PARTS', 'table-pressed'],
  279: ['ALL_CONNECTION_TRIES_FAILED', 'busy'],
  285: ['TOO_FEW_LIVE_REPLICAS', 'pressed'],
  291: ['DATABASE_ACCESS_DENIED', 'setup'],
  319: ['UNKNOWN_STATUS_OF_INSERT', 'uncertain'],
  321: ['VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE', 'data'],
  349: ['CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN', 'data'],
  376: ['CANNOT_PARSE_UUID', 'data'],
  394: ['QUERY_WAS_CANCELLED', 'uncertain'],
  395: ['FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 'data'],
  407: ['DECIMAL_OVERFLOW', 'data'],
  425: ['SYSTEM_ERROR', 'pressed'],
  439: ['CANNOT_SCHEDULE_TASK', 'busy'],
  441: ['CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING', 'data'],
  452: ['SETTING_CONSTRAINT_VIOLATION', 'setup'],
  467: ['CANNOT_PARSE_BOOL', 'data'],
  469: ['VIOLATED_CONSTRAINT', 'data'],
  472: ['READONLY_SETTING', 'setup'],
  497: ['ACCESS_DENIED', 'setup'],
  499: ['S3_ERROR', 'pressed'],
  512: ['SET_NON_GRANTED_ROLE', 'setup'],
  516: ['AUTHENTICATION_FAILED', 'credential'],
  691: ['UNKNOWN_ELEMENT_OF_ENUM', 'data'],
  999: ['KEEPER_EXCEPTION', 'pressed'],
  1002: ['UNKNOWN_EXCEPTION', 'uncertain'],
} as const satisfies Readonly<Record<number, readonly [string, StoreFault]>>;

/** 389: the rows are in already, under the same token. */
export const INSERT_WAS_DEDUPLICATED = 389;

const FAULTS: ReadonlyMap<number, StoreFault> = new Map(
  Object.entries(CLICKHOUSE_CODES).map(([code, [, fault]]) => [Number(code), fault]),
);

/** Of these, one that comes from a view says nothing about the insert's own rows, which may be in. */
const OF_THE_INSERT: ReadonlySet<StoreFault> = new Set(['data', 'schema', 'setup', 'unknown']);

/** What the text of an exception tells beyond its code. */
export interface FaultContext {
  /** It came about while the rows were pushed to a materialized view. @default false */
  readonly inView?: boolean;
  /** The insert's rows lie in too many partitions: that has the code of too many parts, but half of the rows may fit. @default false */
  readonly scattered?: boolean;
}

/** @param code ClickHouse's */
export function faultOfCode(code: number, { inView = false, scattered = false }: FaultContext = {}): StoreFault {
  const fault = scattered ? 'data' : (FAULTS.get(code) ?? 'unknown');
  return inView && OF_THE_INSERT.has(fault) ? 'view' : fault;
}
