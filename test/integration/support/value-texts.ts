import fc from 'fast-check';

// JSON texts that a sender might put into columns of one kind: most fit, some are at a border, some are wrong.

export const quoted = (text: fc.Arbitrary<string>) => text.map((value) => JSON.stringify(value));
export const anything = fc.json({ maxDepth: 2 });

export function integers(bits: number, signed: boolean): fc.Arbitrary<string> {
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

export const floats = fc.oneof(
  fc.double({ noNaN: true }).map((value) => JSON.stringify(value)),
  fc.float({ noNaN: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('0.10000000000000000555', '123456789012345678901234567890', '1e999', '-0.0', '1e-400', '"1"'),
  anything,
);

export function decimals(precision: number, scale: number): fc.Arbitrary<string> {
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

export const texts = fc.oneof(
  quoted(fc.string({ unit: 'grapheme' })),
  quoted(fc.string({ unit: 'binary', maxLength: 80 })),
  fc.constantFrom('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\\\N"', '"😀"', '"a\\tb\\nc"'),
  anything,
);

const dates = (from: string, to: string) =>
  fc
    .date({ min: new Date(from), max: new Date(to), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

export const days = fc.oneof(
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
export function times(own: boolean): fc.Arbitrary<string> {
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

export const uuids = fc.oneof(quoted(fc.uuid()), quoted(fc.uuid().map((id) => id.toUpperCase())), anything);
export const ipv4 = fc.oneof(
  quoted(fc.ipV4()),
  fc.constantFrom('"1.2.3"', '"01.2.3.4"', '"1.2.3.256"', '16909060'),
  anything,
);
export const ipv6 = fc.oneof(
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

export const names = fc.constantFrom('"a"', '"it\'s"', '"b, c"', '"\\\\"', '"A"', '"missing"', '1', '-128');
export const bools = fc.oneof(fc.constantFrom('true', 'false', '1', '"true"'), anything);
export const word = quoted(fc.string({ unit: fc.constantFrom(...'abc.`\'"%_ é'), maxLength: 4 }));

export function list(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(',')}]`) },
    anything,
  );
}

export function object(name: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  // ClickHouse keeps every one of equal keys, ingest the last.
  const members = fc.uniqueArray(fc.tuple(name, value), { maxLength: 4, selector: ([key]) => key });
  return fc.oneof(
    { weight: 5, arbitrary: members.map((all) => `{${all.map((pair) => pair.join(':')).join(',')}}`) },
    anything,
  );
}

export const small = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1', '255', '7') },
  fc.constantFrom('256', '"x"', 'null'),
);
