import fc from 'fast-check';

/** A column type, and JSON texts that a sender might put into it: most fit, some are at a border, some are wrong. */
export interface TypedValues {
  readonly type: string;
  readonly json: fc.Arbitrary<string>;
}

const quoted = (text: fc.Arbitrary<string>) => text.map((value) => JSON.stringify(value));
const anything = fc.json({ maxDepth: 2 });

function integers(bits: number, signed: boolean): fc.Arbitrary<string> {
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const least = signed ? -most - 1n : 0n;
  const border = fc.constantFrom(least - 1n, least, 0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, most, most + 1n);
  const digits = fc.oneof(fc.bigInt({ min: least, max: most }), fc.bigInt({ min: -9n, max: 300n }), border).map(String);
  const odd = fc.constantFrom(
    '1.0',
    '1.5',
    '-0',
    '1e2',
    '1e300',
    '"01"',
    '5.0000000000000000001',
    'null',
    '""',
    '"1 "',
  );
  return fc.oneof({ weight: 6, arbitrary: fc.oneof(digits, quoted(digits)) }, odd, anything);
}

const floats = fc.oneof(
  fc.double({ noNaN: true }).map((value) => JSON.stringify(value)),
  fc.float({ noNaN: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('0.10000000000000000555', '123456789012345678901234567890', '1e999', '-0.0', '1e-400', '"1"'),
  anything,
);

function decimals(precision: number, scale: number): fc.Arbitrary<string> {
  const whole = fc.bigInt({ min: 0n, max: 10n ** BigInt(precision - scale) });
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: scale + 1 });
  const value = fc
    .tuple(fc.constantFrom('', '-'), whole, digits)
    .map(([sign, before, after]) => `${sign}${before}${after === '' ? '' : `.${after}`}`);
  const odd = fc.constantFrom(
    '1e2',
    '1.5e-1',
    '1E400',
    '1e-9999',
    '"1e2"',
    '".5"',
    '"5."',
    '"+1"',
    '0.100000000000000000000',
  );
  return fc.oneof({ weight: 6, arbitrary: fc.oneof(value, quoted(value)) }, odd, anything);
}

const texts = fc.oneof(
  quoted(fc.string({ unit: 'grapheme' })),
  quoted(fc.string({ unit: 'binary', maxLength: 80 })),
  fc.constantFrom('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\\\N"', '"😀"', '"a\\tb\\nc"'),
  anything,
);

const dates = (from: string, to: string) =>
  fc
    .date({ min: new Date(from), max: new Date(to), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

const days = fc.oneof(
  quoted(dates('1890-01-01', '2310-01-01')),
  quoted(dates('1970-01-01', '2149-06-06')),
  fc.constantFrom(
    '"2149-06-06"',
    '"2149-06-07"',
    '"1899-12-31"',
    '"2299-12-31"',
    '"2026-02-29"',
    '"2026-1-1"',
    '20000',
  ),
  anything,
);

/** @param own whether to write ClickHouse's own form too, which the engine would read in the column's zone */
function times(own: boolean): fc.Arbitrary<string> {
  const fraction = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 12 });
  const zone = fc.constantFrom('Z', '+00:00', '-05:30', '+14:00');
  const rfc3339 = fc
    .tuple(dates('1890-01-01', '2310-01-01'), fc.nat(86_399), fc.option(fraction), zone)
    .map(([day, second, digits, end]) => `${day}T${clockTime(second)}${digits === null ? '' : `.${digits}`}${end}`);
  const near = fc.tuple(dates('1971-01-01', '2105-12-31'), fc.nat(86_399));
  const plain = near.map(([day, second]) => (own ? `${day} ${clockTime(second)}` : `${day}T${clockTime(second)}Z`));
  const odd = fc.constantFrom(
    '"2106-02-07T06:28:15Z"',
    '"2106-02-07T06:28:16Z"',
    '"1970-01-01T00:00:00Z"',
    '1763884800',
  );
  return fc.oneof(quoted(rfc3339), quoted(plain), odd, anything);
}

function clockTime(second: number): string {
  return new Date(second * 1000).toISOString().slice(11, 19);
}

const uuids = fc.oneof(quoted(fc.uuid()), quoted(fc.uuid().map((id) => id.toUpperCase())), anything);
const ipv4 = fc.oneof(quoted(fc.ipV4()), fc.constantFrom('"1.2.3"', '"01.2.3.4"', '"1.2.3.256"', '16909060'), anything);
const ipv6 = fc.oneof(
  quoted(fc.ipV6()),
  quoted(fc.ipV4()),
  fc.constantFrom(
    '"::"',
    '"::1"',
    '"fe80::1%eth0"',
    '"::ffff:1.2.3.4"',
    '"1::2::3"',
    '"1:2:3:4:5:6:7::"',
    '"::2:3:4:5:6:7:8"',
  ),
  anything,
);

const names = fc.constantFrom('"a"', '"it\'s"', '"b, c"', '"\\\\"', '"A"', '"missing"', '1', '-128');
const bools = fc.oneof(fc.constantFrom('true', 'false', '1', '"true"'), anything);
const word = quoted(fc.string({ unit: fc.constantFrom(...'abc.`\'"%_ é'), maxLength: 4 }));

function list(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(',')}]`) },
    anything,
  );
}

function object(name: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  // ClickHouse keeps every one of equal keys, ingest the last.
  const members = fc.uniqueArray(fc.tuple(name, value), { maxLength: 4, selector: ([key]) => key });
  return fc.oneof(
    { weight: 5, arbitrary: members.map((all) => `{${all.map((pair) => pair.join(':')).join(',')}}`) },
    anything,
  );
}

const small = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1', '255', '7') },
  fc.constantFrom('256', '"x"', 'null'),
);

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
  // Of which the column knows nothing, or which it leaves out.
  fc.tuple(fc.constantFrom('user.x', 'user.more.a', 'prices', 'z', 'secret'), small),
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
  {
    type: `JSON(${Object.entries(DECLARED)
      .map(([path, { type }]) => `${path} ${type}`)
      .join(', ')}, SKIP secret)`,
    json: declaredDocument,
  },
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
