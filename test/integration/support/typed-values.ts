import fc from 'fast-check';
import {
  anything,
  bools,
  days,
  decimals,
  floats,
  integers,
  ipv4,
  ipv6,
  list,
  names,
  object,
  quoted,
  small,
  texts,
  times,
  uuids,
  word,
} from './value-texts.ts';

/** A column type, and JSON texts that a sender might put into it: most fit, some are at a border, some are wrong. */
export interface TypedValues {
  readonly type: string;
  readonly json: fc.Arbitrary<string>;
}

/** The paths that a JSON column declares types for, and what is sent at them. */
const DECLARED: Readonly<Record<string, TypedValues>> = {
  // Not more digits than a double has: by that one the engine reads it in here.
  price: { type: 'Decimal(9, 2)', json: decimals(9, 2) },
  'user.id': { type: 'UUID', json: uuids },
  'user.more.at': { type: "DateTime64(3, 'UTC')", json: times(true) },
  n: { type: 'UInt64', json: integers(64, false) },
  ratio: { type: 'Float64', json: floats },
  note: { type: 'Nullable(String)', json: fc.oneof(texts, fc.constant('null')) },
  low: { type: 'LowCardinality(String)', json: texts },
  flag: { type: 'Bool', json: bools },
  day: { type: 'Date32', json: days },
  kind: { type: "Enum8('a' = 1, 'it\\'s' = -128)", json: names },
  tags: { type: 'Array(Nullable(String))', json: list(fc.oneof(texts, fc.constant('null'))) },
  pair: { type: 'Tuple(id UInt64, lat Float64)', json: object(fc.constantFrom('"id"', '"lat"'), small) },
};

const declaredPath = fc.oneof(
  ...Object.entries(DECLARED).map(([path, { json }]) => fc.tuple(fc.constant(path), json)),
  // Of which the column knows nothing, which it leaves out, or which lie around or inside of what it knows.
  fc.tuple(fc.constantFrom('user.x', 'user.more.a', 'prices', 'z', 'secret', 'user', 'note.x'), small),
);

/** A document of some of them, in which a path is one name with dots or names in one another. */
const declaredDocument = fc
  .tuple(fc.uniqueArray(declaredPath, { maxLength: 5, selector: ([path]) => path }), fc.boolean())
  .map(([members, bySteps]) => documentOf(members, bySteps));

function documentOf(members: readonly (readonly [path: string, value: string])[], bySteps: boolean): string {
  if (!bySteps) return `{${members.map(([path, value]) => `"${path}":${value}`).join(',')}}`;
  const steps = Map.groupBy(members, ([path]) => path.split('.')[0] ?? '');
  const texts = [...steps].map(([step, below]) => {
    const inside = below.map(([path, value]) => [path.slice(step.length + 1), value] as const);
    const [[rest, value] = ['', '']] = inside;
    return `"${step}":${rest === '' ? value : documentOf(inside, true)}`;
  });
  return `{${texts.join(',')}}`;
}

export const DECLARED_JSON = `JSON(${Object.entries(DECLARED)
  .map(([path, { type }]) => `${path} ${type}`)
  .join(', ')}, SKIP secret)`;

/** Each type with what is sent to it. */
export const TYPED_VALUES: readonly TypedValues[] = [
  ...[8, 16, 32, 64, 128, 256].flatMap((bits) => [
    { type: `UInt${bits}`, json: integers(bits, false) },
    { type: `Int${bits}`, json: integers(bits, true) },
  ]),
  { type: 'Float32', json: floats },
  { type: 'Float64', json: floats },
  ...[
    [9, 2],
    [9, 9],
    [18, 6],
    [38, 20],
    [76, 0],
    [76, 38],
  ].map(([precision = 0, scale = 0]) => ({
    type: `Decimal(${precision}, ${scale})`,
    json: decimals(precision, scale),
  })),
  { type: 'Bool', json: bools },
  { type: 'String', json: texts },
  { type: 'LowCardinality(String)', json: texts },
  { type: 'FixedString(8)', json: texts },
  { type: 'UUID', json: uuids },
  { type: 'IPv4', json: ipv4 },
  { type: 'IPv6', json: ipv6 },
  { type: 'Date', json: days },
  { type: 'Date32', json: days },
  { type: "DateTime('UTC')", json: times(true) },
  { type: "DateTime('America/New_York')", json: times(false) },
  ...[0, 3, 6, 9].map((precision) => ({ type: `DateTime64(${precision}, 'UTC')`, json: times(true) })),
  { type: "DateTime64(3, 'Asia/Kolkata')", json: times(false) },
  { type: "Enum8('a' = 1, 'it\\'s' = -128, 'b, c' = 127, '\\\\' = 0)", json: names },
  { type: "Enum16('a' = 1000, 'A' = -32768)", json: names },
  { type: 'Nullable(Int64)', json: fc.oneof(integers(64, true), fc.constant('null')) },
  { type: 'LowCardinality(Nullable(String))', json: fc.oneof(texts, fc.constant('null')) },
  { type: 'Nullable(Decimal(38, 10))', json: fc.oneof(decimals(38, 10), fc.constant('null')) },
  { type: 'Array(UInt8)', json: list(small) },
  { type: 'Array(Nullable(String))', json: list(fc.oneof(texts, fc.constant('null'))) },
  { type: 'Array(Array(Int128))', json: list(list(integers(128, true))) },
  { type: 'Array(LowCardinality(String))', json: list(texts) },
  {
    type: 'Map(String, UInt8)',
    json: object(
      texts.filter((text) => text.startsWith('"')),
      small,
    ),
  },
  {
    type: 'Map(UInt64, Array(String))',
    json: object(quoted(fc.bigInt({ min: -1n, max: 2n ** 64n }).map(String)), list(texts)),
  },
  {
    type: "Map(LowCardinality(String), Nullable(DateTime64(3, 'UTC')))",
    json: object(word, fc.oneof(times(true), fc.constant('null'))),
  },
  { type: 'Map(UUID, Bool)', json: object(quoted(fc.uuid()), bools) },
  {
    type: 'Tuple(UInt8, String)',
    json: fc.oneof(
      fc.tuple(small, texts).map((pair) => `[${pair.join(',')}]`),
      anything,
    ),
  },
  {
    type: 'Tuple(id UInt64, `odd name` Nullable(String), at Tuple(lat Float64, lon Float64))',
    json: fc.oneof(
      fc
        .tuple(integers(64, false), fc.oneof(texts, fc.constant('null')), floats)
        .map(([id, name, lat]) => `{"id":${id},"odd name":${name},"at":{"lat":${lat},"lon":0.5}}`),
      object(fc.constantFrom('"id"', '"at"', '"__proto__"', '"more"'), small),
    ),
  },
  { type: DECLARED_JSON, json: declaredDocument },
];

const scalar = fc.oneof(
  fc.constantFrom(
    '1',
    '1.5',
    'true',
    'null',
    '"2020-01-01"',
    '"2020-01-01T00:00:00Z"',
    '{}',
    '[]',
    '18446744073709551615',
  ),
  fc.constantFrom('9007199254740993', '-9223372036854775808', '18446744073709551616', '1e300', '1e20', '0.1', '""'),
  texts,
);

/** Members of an object that repeats a name around them as often as may be, or more often. */
const MANY = Array.from({ length: 40 }, (_, at) => `"${at}":1`).join(',');

/** JSON columns are compared with a model, not with the engine's reading of text: that one guesses dates from strings. */
export const JSON_VALUES: fc.Arbitrary<string> = fc.oneof(
  object(word, scalar),
  object(word, list(scalar)),
  object(word, list(list(scalar))),
  object(word, object(word, scalar)),
  object(word, list(object(word, scalar))),
  object(word, object(word, object(word, scalar))),
  list(list(scalar)).map((items) => `{"a":${items},"b":[{"c":${items}},{"c":1}]}`),
  fc.constantFrom(60, 90).map((units) => `{"${'n'.repeat(units)}":{${MANY}}}`),
  fc.object({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
  anything,
);
