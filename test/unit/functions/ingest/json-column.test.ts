import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ExactNumber, parseExactly } from '../../../../functions/ingest/exact-number.ts';
import { RowBinaryWriter } from '../../../../functions/ingest/row-binary-writer.ts';
import { compile, encoded, outcomes } from './encode-value.ts';

describe('a JSON column', () => {
  test.each([
    ['{"a":1}', '0101610a0100000000000000'],
    ['{"a":{"b":true},"n":null,"e":{}}', '0103612e622d01'],
    ['{"a":[1,null]}', '0101611e230a0200010000000000000001'],
    ['{"a":[{"x":"s"}]}', '0101611e300080021000000001010178150173'],
    ['{"a":[1,"x"]}', '0101611e2b20020a0100000000000000150178'],
    ['{"a":["x",null,true]}', '0101611e2b2003150178002d01'],
    ['{"a":[1,0.5,null]}', '0101611e230e0300000000000000f03f00000000000000e03f01'],
    ['{"a":[null]}', '0101611e23150101'],
    ['{"a":[]}', '0101611e231500'],
  ])('%s is written path by path, each value with its type', (text, hex) => {
    expect(encoded('JSON', JSON.parse(text)).toString('hex')).toBe(hex);
  });

  test.each([
    ['{"a.b":1,"a":{"b":2}}', 'FIELD_TYPE'],
    ['{"a":1,"a.b":2}', 'FIELD_TYPE'],
    ['{"":1}', 'FIELD_TYPE'],
    ['{"a..b":1}', 'FIELD_TYPE'],
    ['{"a":"\\ud800"}', 'FIELD_TYPE'],
    ['{"a":9007199254740993}', 'FIELD_RANGE'],
    ['{"a":1e999}', 'FIELD_RANGE'],
    ['[]', 'FIELD_TYPE'],
    ['"{}"', 'FIELD_TYPE'],
    [`{"a":${'['.repeat(65)}${']'.repeat(65)}}`, 'FIELD_RANGE'],
    [`${'{"a":'.repeat(66)}1${'}'.repeat(66)}`, 'FIELD_RANGE'],
    ['{"a":1,"a.b":{}}', 'FIELD_TYPE'],
    [`{"a":{"${'b'.repeat(150)}":{${many(200)}}}}`, 'FIELD_RANGE'],
    [`{"${'a'.repeat(30_000)}":{${many(4_000)}}}`, 'FIELD_RANGE'],
  ])('%.40s is refused', (text, fault) => {
    expect(outcomes('JSON', [JSON.parse(text)])).toEqual([fault]);
  });

  test('a value has the same type where the row was read again with its digits, for the sake of a field beside it', () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger());
    const { value } = fc.letrec((tie) => ({
      leaf: fc.oneof(number, fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null)),
      value: fc.oneof({ maxDepth: 3 }, tie('leaf'), fc.array(tie('value'), { maxLength: 4 })),
    }));
    fc.assert(
      fc.property(value, (a) => {
        const text = JSON.stringify({ a });
        const bytes = encodedOrFault(JSON.parse(text));
        // A number beyond 2^53 is read with its digits in any case.
        if (bytes !== 'FIELD_RANGE') expect(encodedOrFault(parseExactly(text))).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a long name around many values takes no more memory than it was sent in', () => {
    const document = JSON.parse(`{"${'a'.repeat(1_000_000)}":{${many(100)}}}`);
    const grown = [1, 2, 3].map(() => {
      const before = process.memoryUsage().heapUsed;
      expect(outcomes('JSON', [document])).toEqual(['FIELD_RANGE']);
      return process.memoryUsage().heapUsed - before;
    });
    expect(Math.max(...grown)).toBeLessThan(20_000_000);
  });

  test('a long name is written again for each of a few values, a short one for each of many', () => {
    const documents = [`{"${'a'.repeat(30_000)}":{${many(7)}}}`, `{"${'a'.repeat(50)}":{${many(4_000)}}}`];
    expect(
      outcomes(
        'JSON',
        documents.map((text) => JSON.parse(text)),
      ),
    ).toEqual(['stored', 'stored']);
  });

  test('nothing may lie around a declared path as a value, nor inside it', () => {
    const documents = [{ 'user.id': 1 }, { user: { id: 1, name: 'a' } }, { user: 1 }, { 'user.id.x': 1 }];
    expect(outcomes('JSON(user.id UInt8)', documents)).toEqual(['stored', 'stored', 'FIELD_TYPE', 'FIELD_TYPE']);
  });

  test('a declared Enum that is absent is its first name: the zero of the bytes need not be one', () => {
    const type = "JSON(kind Enum8('a' = 1, 'b' = 2))";
    expect(encoded(type, {})).toEqual(encoded(type, { kind: 'a' }));
  });

  test.each(['JSON', 'JSON(a String)', 'JSON(a.a String)', 'JSON(a JSON)'])(
    '50,000 levels are refused and do not end the process: %s',
    (type) => {
      const arrays = JSON.parse(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
      const objects = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
      expect(outcomes(type, [arrays, objects])).not.toContain('stored');
    },
  );

  test.each(['9'.repeat(4_000_000), `-${'9'.repeat(4_000_000)}`, '18446744073709551616', '-9223372036854775809'])(
    'an integer beyond 64 bits is refused: %.22s',
    (digits) => {
      expect(outcomes('JSON', [{ a: new ExactNumber(digits) }])).toEqual(['FIELD_RANGE']);
    },
  );
});

/** So many members of an object. */
function many(members: number): string {
  return Array.from({ length: members }, (_, at) => `"${at.toString(36)}":1`).join(',');
}

function encodedOrFault(value: unknown): string {
  const out = new RowBinaryWriter(0);
  return compile('JSON').encode(value, out) ?? out.written().toString('hex');
}
