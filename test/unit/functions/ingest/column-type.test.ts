import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileColumnType } from '../../../../functions/ingest/column-type.ts';
import { ExactNumber } from '../../../../functions/ingest/exact-number.ts';
import { encoded, outcomes } from './encode-value.ts';

describe('a column type', () => {
  test.each([
    ['UInt8', 0, 255],
    ['UInt16', 0, 65_535],
    ['UInt32', 0, 4_294_967_295],
    ['Int8', -128, 127],
    ['Int16', -32_768, 32_767],
    ['Int32', -2_147_483_648, 2_147_483_647],
  ])('%s takes %d to %d and nothing beyond', (type, least, most) => {
    expect(outcomes(type, [least, most])).toEqual(['stored', 'stored']);
    expect(outcomes(type, [least - 1, most + 1, INFINITE])).toEqual(['FIELD_RANGE', 'FIELD_RANGE', 'FIELD_TYPE']);
    expect(outcomes(type, [0.5, '1', true, null, undefined, [], {}])).toEqual(Array(7).fill('FIELD_TYPE'));
  });

  test.each([
    ['UInt64', ['0', '18446744073709551615'], ['-1', '18446744073709551616', -1]],
    ['Int64', ['-9223372036854775808', '9223372036854775807'], ['-9223372036854775809', '9223372036854775808']],
  ])('%s takes its borders as decimal strings and nothing beyond', (type, inside, outside) => {
    expect(outcomes(type, inside)).toEqual(inside.map(() => 'stored'));
    expect(outcomes(type, outside)).toEqual(outside.map(() => 'FIELD_RANGE'));
  });

  test.each(['UInt64', 'Int64'])('%s takes a number below 2^53 only: beyond, digits are already lost', (type) => {
    expect(outcomes(type, [2 ** 53 - 1, 2 ** 53, -(2 ** 53)])).toEqual(['stored', 'FIELD_RANGE', 'FIELD_RANGE']);
    expect(
      outcomes(type, ['9007199254740993', 1.5, '', '1.0', '1e3', '+1', ' 1', '0x1', '9'.repeat(21), null]),
    ).toEqual(['stored', ...Array(9).fill('FIELD_TYPE')]);
  });

  test('64-bit integers are stored exactly, as number and as decimal string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.maxSafeInteger(), (exact, safe) => {
        expect(encoded('Int64', String(exact)).readBigInt64LE()).toBe(exact);
        expect(encoded('Int64', safe)).toEqual(encoded('Int64', String(safe)));
      }),
    );
  });

  test('floats take what is finite in their width', () => {
    expect(outcomes('Float64', [1.7976931348623157e308, -0, INFINITE, -INFINITE, '1', null])).toEqual([
      'stored',
      'stored',
      'FIELD_RANGE',
      'FIELD_RANGE',
      'FIELD_TYPE',
      'FIELD_TYPE',
    ]);
    expect(outcomes('Float32', [3.4028234663852886e38, 3.5e38, INFINITE])).toEqual([
      'stored',
      'FIELD_RANGE',
      'FIELD_RANGE',
    ]);
  });

  test('String takes well-formed Unicode only', () => {
    expect(outcomes('String', ['', '😀', '\u0000'])).toEqual(['stored', 'stored', 'stored']);
    expect(outcomes('String', ['\ud800', 'a\udc00b', '\udc00\ud800', 1, null])).toEqual(Array(5).fill('FIELD_TYPE'));
    expect(encoded('LowCardinality(String)', 'é').toString('hex')).toBe('02c3a9');
  });

  test('Bool takes true and false, not their look-alikes', () => {
    expect(outcomes('Bool', [true, false, 1, 0, 'true', null])).toEqual([
      'stored',
      'stored',
      ...Array(4).fill('FIELD_TYPE'),
    ]);
  });

  test('UUID is stored as two little-endian halves', () => {
    expect(encoded('UUID', '00112233-4455-6677-8899-AABBCCDDEEFF').toString('hex')).toBe(
      '7766554433221100ffeeddccbbaa9988',
    );
    expect(outcomes('UUID', ['00112233445566778899aabbccddeeff', '', 1, null])).toEqual(Array(4).fill('FIELD_TYPE'));
  });

  test.each(['Nullable(UInt8)', 'LowCardinality(Nullable(String))'])('%s takes null, marked by one byte', (type) => {
    expect(compileColumnType(type)).toMatchObject({ nullable: true, expected: expect.stringMatching(/ or null$/) });
    expect(encoded(type, null).toString('hex')).toBe('01');
    expect(outcomes(type, [undefined, {}])).toEqual(['FIELD_TYPE', 'FIELD_TYPE']);
  });

  test('a Nullable value follows a zero byte', () => {
    expect(encoded('Nullable(UInt8)', 5).toString('hex')).toBe('0005');
    expect(outcomes('Nullable(UInt8)', [256])).toEqual(['FIELD_RANGE']);
  });

  test('DateTime64 takes 1900 to 2299, in nanoseconds what fits 64 bits', () => {
    const borders = [
      '1900-01-01T00:00:00Z',
      '2299-12-31T23:59:59.999Z',
      '1899-12-31T23:59:59.999Z',
      '2300-01-01T00:00:00Z',
    ];
    for (const type of ['DateTime64(0)', "DateTime64(3, 'UTC')", 'DateTime64(6)']) {
      expect(outcomes(type, borders)).toEqual(['stored', 'stored', 'FIELD_RANGE', 'FIELD_RANGE']);
    }
    const nanoseconds = ['2262-04-11T23:47:16.854775807Z', '2262-04-11T23:47:16.854775808Z', '1900-01-01T00:00:00Z'];
    expect(outcomes('DateTime64(9)', nanoseconds)).toEqual(['stored', 'FIELD_RANGE', 'stored']);
    expect(
      outcomes('DateTime64(3)', ['yesterday', 1763884800, null, '2025-02-30T00:00:00Z', '0000-01-01T00:00:00Z']),
    ).toEqual(['FIELD_TYPE', 'FIELD_TYPE', 'FIELD_TYPE', 'FIELD_RANGE', 'FIELD_RANGE']);
  });

  test('DateTime64 counts ticks since 1970, also before it and at every precision', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2262-01-01'), noInvalidDate: true }),
        fc.nat({ max: 9 }),
        (date, precision) => {
          const ticks = encoded(`DateTime64(${precision})`, date.toISOString()).readBigInt64LE();

          const nanoseconds = BigInt(date.getTime()) * 1_000_000n;
          const tick = 10n ** BigInt(9 - precision);
          const floored = (nanoseconds - (((nanoseconds % tick) + tick) % tick)) / tick;
          expect(ticks).toBe(floored);
        },
      ),
    );
  });

  test.each([
    'Dynamic',
    'Variant(String, UInt8)',
    'Point',
    'AggregateFunction(sum, UInt8)',
    'Array(Time)',
    'Map(String, BFloat16)',
    'Tuple(a UInt8, b Dynamic)',
    'JSON(a Dynamic)',
    'Nullable(Object)',
    'Decimal(77, 2)',
    "Enum8('a')",
    'UInt8(1)',
    'DateTime64',
    'Array(UInt8',
    'string',
    '',
  ])('%j is not judged', (type) => {
    expect(compileColumnType(type)).toBeUndefined();
  });

  test('takes or refuses any JSON value, and never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (type, value) => {
        expect(['stored', 'FIELD_TYPE', 'FIELD_RANGE']).toContain(outcomes(type, [value])[0]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('wide numbers', () => {
  test.each([
    ['UInt128', 16, '340282366920938463463374607431768211455', 'ff'.repeat(16)],
    ['Int256', 32, '-1', 'ff'.repeat(32)],
    ['Decimal(9, 2)', 4, '-0.01', 'ffffffff'],
    ['Decimal(38, 10)', 16, '1.5', '00d6117e030000000000000000000000'],
  ])('%s takes %d bytes, least first', (type, size, value, hex) => {
    expect(encoded(type, value)).toHaveLength(size);
    expect(encoded(type, value).toString('hex')).toBe(hex);
  });

  test('digits that a double would lose are stored from the number as written', () => {
    const text = '9007199254740993';
    for (const type of ['Int64', 'UInt256', 'Decimal(20, 0)']) {
      expect(encoded(type, new ExactNumber(text))).toEqual(encoded(type, text));
    }
    expect(outcomes('Int64', [Number(text), new ExactNumber('9.5'), new ExactNumber('1e300')])).toEqual([
      'FIELD_RANGE',
      'FIELD_TYPE',
      'FIELD_RANGE',
    ]);
    expect(encoded('Int64', new ExactNumber('5.0000000000000000'))).toEqual(encoded('Int64', 5));
  });

  test('other columns take a long number as the double it is', () => {
    expect(encoded('Float64', new ExactNumber('0.10000000000000000555'))).toEqual(encoded('Float64', 0.1));
    expect(encoded('UInt8', new ExactNumber('5.0000000000000000001'))).toEqual(encoded('UInt8', 5));
    expect(outcomes('String', [new ExactNumber('9007199254740993')])).toEqual(['FIELD_TYPE']);
  });

  test('a Decimal refuses the digits that its scale cannot hold, where ClickHouse would drop them', () => {
    expect(outcomes('Decimal(9, 2)', ['1.20', '1.200', 1.25, '1.234', 1e7, 9_999_999.99, '-9999999.99'])).toEqual([
      'stored',
      'stored',
      'stored',
      'FIELD_RANGE',
      'FIELD_RANGE',
      'stored',
      'stored',
    ]);
    expect(outcomes('Decimal(9, 2)', ['', '.', '1.', '+1', ' 1', 'NaN', '1e99999', true, null])).toEqual(
      Array(9).fill('FIELD_TYPE'),
    );
  });
});

describe('a composite type', () => {
  test.each([
    ['Array(UInt8)', [1, 2], '020102'],
    ['Array(Nullable(UInt8))', [null, 2], '02010002'],
    ['Map(String, UInt8)', { a: 1 }, '01016101'],
    ['Map(UInt8, UInt8)', { 7: 1 }, '010701'],
    ['Tuple(UInt8, String)', [1, 'a'], '010161'],
    ['Tuple(a UInt8, b Nullable(UInt8))', { a: 1 }, '0101'],
    ['Nested(a UInt8, b UInt8)', [{ a: 1, b: 2 }], '010102'],
    ['LowCardinality(Nullable(String))', 'a', '000161'],
    ["Enum16('a, (b' = 1, 'it\\'s' = -2)", "it's", 'feff'],
    ['FixedString(4)', 'é', 'c3a90000'],
  ])('%s is written as its elements', (type, value, hex) => {
    expect(encoded(type, value).toString('hex')).toBe(hex);
  });

  test.each([
    ['Array(UInt8)', [1, null], 'FIELD_TYPE'],
    ['Array(UInt8)', { 0: 1 }, 'FIELD_TYPE'],
    ['Array(UInt8)', [256], 'FIELD_RANGE'],
    ['Map(String, UInt8)', [], 'FIELD_TYPE'],
    ['Map(UInt8, UInt8)', { a: 1 }, 'FIELD_TYPE'],
    ['Map(String, UInt8)', JSON.parse('{"\\ud800":1}'), 'FIELD_TYPE'],
    ['Tuple(a UInt8, b UInt8)', { a: 1 }, 'FIELD_TYPE'],
    ['Tuple(a UInt8)', { a: 1, b: 1 }, 'FIELD_TYPE'],
    ['Tuple(a UInt8)', JSON.parse('{"a":1,"__proto__":1}'), 'FIELD_TYPE'],
    ['Tuple(UInt8, UInt8)', [1], 'FIELD_TYPE'],
    ['FixedString(1)', 'é', 'FIELD_RANGE'],
    ["Enum8('a' = 1)", 'b', 'FIELD_RANGE'],
    ["Enum8('a' = 1)", 1, 'FIELD_TYPE'],
  ])('%s refuses %j', (type, value, fault) => {
    expect(outcomes(type, [value])).toEqual([fault]);
  });
});

// What a JSON parser makes of a number that is too large.
const INFINITE = Number(JSON.parse('1e999'));
const TYPES = [
  'String',
  'Bool',
  'UUID',
  'Float32',
  'Float64',
  'UInt8',
  'Int32',
  'UInt64',
  'Nullable(Int64)',
  'DateTime64(9)',
  'Decimal(38, 10)',
  'Int256',
  'Date32',
  'DateTime',
  'IPv4',
  'IPv6',
  'FixedString(3)',
  "Enum8('a' = 1)",
  'Array(Array(String))',
  'Map(String, Nullable(UInt8))',
  'Tuple(a UInt8, b String)',
  'JSON(a UInt8)',
];
