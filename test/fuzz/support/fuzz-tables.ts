import { DECLARED_JSON, TYPED_VALUES } from '../../integration/support/typed-values.ts';

/** A column of a sender's own. */
export interface FuzzColumn {
  readonly name: string;
  /** Without `Nullable`. */
  readonly type: string;
  /** What a row without it is: refused, NULL, or the DEFAULT; `computed`: a row that has it is refused. */
  readonly kind: 'required' | 'nullable' | 'defaulted' | 'computed';
  /** What a row that leaves it out reads as, where that is not NULL. `{name}` stands for the row's own name. */
  readonly otherwise?: string;
  readonly sql: string;
}

export interface FuzzTable {
  readonly stream: string;
  readonly columns: readonly FuzzColumn[];
  /** The JSON column that keeps fields without a column. */
  readonly rest?: string;
  readonly limits: {
    readonly bytes: number;
    readonly inflatedBytes: number;
    readonly inflateRatio: number;
    readonly rows: number;
    readonly rowBytes: number;
  };
}

const LARGEST = { bytes: 4_500_000, inflatedBytes: 20_000_000, inflateRatio: 100, rows: 10_000, rowBytes: 65_536 };

function required(name: string, type: string): FuzzColumn {
  return { name, type, kind: 'required', sql: `\`${name}\` ${type}` };
}

function nullable(name: string, type: string, sql = `Nullable(${type})`): FuzzColumn {
  return { name, type, kind: 'nullable', sql: `\`${name}\` ${sql}` };
}

/** @param otherwise how the DEFAULT reads, as the oracle writes values */
function defaulted(name: string, type: string, expression: string, otherwise: string): FuzzColumn {
  return { name, type, kind: 'defaulted', otherwise, sql: `\`${name}\` ${type} DEFAULT ${expression}` };
}

const ENUM = "Enum8('a' = 1, 'it\\'s' = -128, 'b, c' = 127, '\\\\' = 0)";
/** What the declared paths read as where nothing is sent. */
const NO_FACTS = JSON.stringify([
  ['day', '1970-01-01'],
  ['flag', 'false'],
  ['kind', "it's"],
  ['low', ''],
  ['n', '0'],
  ['note', '\u{10ffff}NULL'],
  ['pair', '["0","0"]'],
  ['price', '0'],
  ['ratio', '0'],
  ['tags', '[]'],
  ['user.id', '00000000-0000-0000-0000-000000000000'],
  ['user.more.at', '0.000'],
]);
const TUPLE = 'Tuple(id UInt64, `odd name` Nullable(String), at Tuple(lat Float64, lon Float64))';

/** As migration 0002 has it. */
const WEB_EVENTS: FuzzTable = {
  stream: 'web_events',
  limits: LARGEST,
  columns: [
    required('event_time', "DateTime64(3, 'UTC')"),
    required('path', 'String'),
    ...['query', 'method'].map((name) => nullable(name, 'String')),
    nullable('status', 'UInt16'),
    nullable('bytes', 'UInt64'),
    nullable('duration_ms', 'Float64'),
    ...['protocol', 'host', 'referrer', 'user_agent', 'cache_status', 'request_id', 'country', 'region', 'city'].map(
      (name) => nullable(name, 'String'),
    ),
    ...['client_network', 'device', 'visitor', 'session'].map((name) => nullable(name, 'String')),
    defaulted('event_type', 'String', "'request'", 'request'),
    nullable('event_name', 'String'),
    nullable('event_value', 'Float64'),
    nullable('properties', 'String'),
    defaulted('sample_rate', 'Float64', '1', '1'),
  ],
};

/** One column of nearly every kind of type. */
const SAMPLES: FuzzTable = {
  stream: 'samples',
  limits: LARGEST,
  columns: [
    required('id', 'UInt64'),
    required('name', 'String'),
    nullable('level', 'Int8'),
    nullable('big', 'Int128'),
    nullable('ratio', 'Float64'),
    nullable('near', 'Float32'),
    nullable('price', 'Decimal(18, 6)'),
    nullable('ok', 'Bool'),
    nullable('code', 'FixedString(8)'),
    nullable('trace', 'UUID'),
    nullable('four', 'IPv4'),
    nullable('six', 'IPv6'),
    nullable('day', 'Date32'),
    nullable('there', "DateTime('America/New_York')"),
    nullable('at', "DateTime64(3, 'UTC')"),
    defaulted('kind', ENUM, "'it\\'s'", "it's"),
    defaulted('label', 'String', "concat(name, '!')", '{name}!'),
    defaulted('tags', 'Array(Nullable(String))', "['none']", '["none"]'),
    defaulted('grid', 'Array(Array(Int128))', '[]', '[]'),
    defaulted('counts', 'Map(String, UInt8)', 'map()', '[]'),
    defaulted('place', TUPLE, '(1, NULL, (0.5, 0))', '["1","\u{10ffff}NULL","[\\"0.5\\",\\"0\\"]"]'),
    defaulted('doc', 'JSON', "'{}'", '[]'),
    defaulted('facts', DECLARED_JSON, "'{}'", NO_FACTS),
    { name: 'loud', type: 'String', kind: 'computed', sql: 'loud String MATERIALIZED upper(name)' },
    { name: 'constructor', type: 'Int64', kind: 'nullable', sql: '`constructor` Nullable(Int64)' },
  ],
};

/** Keeps what it has no column for, and has small limits. */
const LOOSE: FuzzTable = {
  stream: 'loose',
  rest: 'more',
  limits: { bytes: 4_000, inflatedBytes: 20_000, inflateRatio: 20, rows: 12, rowBytes: 400 },
  columns: [required('name', 'String'), nullable('amount', 'Int64'), nullable('at', "DateTime64(3, 'UTC')")],
};

export const FUZZ_TABLES: readonly FuzzTable[] = [WEB_EVENTS, SAMPLES, LOOSE];

/** JSON texts for a type: most fit, some are at a border, some are wrong. */
export function valuesOf(type: string) {
  return TYPED_VALUES.find((values) => values.type === type)?.json;
}
