import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RowBinaryWriter } from '../../../../functions/ingest/row-binary-writer.ts';

describe('RowBinary', () => {
  test('is read back as it was written, from the smallest buffer on', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        const out = new RowBinaryWriter(0);

        for (const each of values) write(out, each);
        const read = readAll(out.written(), values);

        expect(read).toEqual(values);
        expect(out.length).toBe(out.written().length);
      }),
      { numRuns: 300 },
    );
  });

  test('has the documented bytes', () => {
    const out = new RowBinaryWriter(0);

    out.int(0x0102, 2);
    out.int(-2, 1);
    out.int64(-1);
    out.string('é');

    expect(out.written().toString('hex')).toBe('0201' + 'fe' + 'ffffffffffffffff' + '02c3a9');
  });

  test.each([0, 1, 42, 43, 127, 128, 129, 16_383, 16_384, 70_000])(
    'holds a string of %d characters of each width',
    (length) => {
      for (const character of ['a', 'é', '€', '😀']) {
        const out = new RowBinaryWriter(0);
        const text = character.repeat(length);

        out.byte(7);
        out.string(text);
        out.byte(9);

        const expected = [
          { kind: 'byte', value: 7 },
          { kind: 'string', value: text },
          { kind: 'byte', value: 9 },
        ] as const;
        expect(readAll(out.written(), expected)).toEqual(expected);
      }
    },
  );

  test('forgets a row that was undone, and keeps the rows around it', () => {
    fc.assert(
      fc.property(fc.array(value), fc.array(value), fc.array(value), (kept, undone, next) => {
        const out = new RowBinaryWriter(0);

        for (const each of kept) write(out, each);
        const length = out.length;
        for (const each of undone) write(out, each);
        out.truncate(length);
        for (const each of next) write(out, each);

        expect(readAll(out.written(), [...kept, ...next])).toEqual([...kept, ...next]);
      }),
    );
  });
});

type Value =
  | { readonly kind: 'byte' | 'int8' | 'int16' | 'int32' | 'int64' | 'float32' | 'float64'; readonly value: number }
  | { readonly kind: 'bigInt64'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string };

const number = <K extends Exclude<Value['kind'], 'bigInt64' | 'bytes' | 'string'>>(
  kind: K,
  from: fc.Arbitrary<number>,
) => from.map((each): Value => ({ kind, value: each }));
const signed = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const value: fc.Arbitrary<Value> = fc.oneof(
  number('byte', fc.nat({ max: 255 })),
  number('int8', signed(8)),
  number('int16', signed(16)),
  number('int32', signed(32)),
  number('int64', fc.maxSafeInteger()),
  number('float32', fc.float()),
  number('float64', fc.double()),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((each): Value => ({ kind: 'bigInt64', value: each })),
  fc.array(fc.nat({ max: 255 })).map((each): Value => ({ kind: 'bytes', value: each })),
  fc.string({ unit: 'binary', size: 'medium' }).map((each): Value => ({ kind: 'string', value: each })),
);

function write(out: RowBinaryWriter, { kind, value: each }: Value): void {
  switch (kind) {
    case 'byte':
      out.byte(each);
      break;
    case 'int8':
      out.int(each, 1);
      break;
    case 'int16':
      out.int(each, 2);
      break;
    case 'int32':
      out.int(each, 4);
      break;
    case 'int64':
      out.int64(each);
      break;
    case 'float32':
      out.float32(each);
      break;
    case 'float64':
      out.float64(each);
      break;
    case 'bigInt64':
      out.bigInt(each, 64);
      break;
    case 'bytes':
      out.bytes(Uint8Array.from(each));
      break;
    case 'string':
      out.string(each);
      break;
  }
}

/** Reads values of the same kinds as `like`; throws where bytes are missing or left over. */
function readAll(bytes: Buffer, like: readonly Value[]): readonly Value[] {
  let at = 0;
  const take = (size: number) => {
    at += size;
    return at - size;
  };
  const readOne = (each: Value): Value => {
    const { kind } = each;
    switch (kind) {
      case 'byte':
        return { kind, value: bytes.readUInt8(take(1)) };
      case 'int8':
        return { kind, value: bytes.readInt8(take(1)) };
      case 'int16':
        return { kind, value: bytes.readInt16LE(take(2)) };
      case 'int32':
        return { kind, value: bytes.readInt32LE(take(4)) };
      case 'int64':
        return { kind, value: Number(bytes.readBigInt64LE(take(8))) };
      case 'float32':
        return { kind, value: bytes.readFloatLE(take(4)) };
      case 'float64':
        return { kind, value: bytes.readDoubleLE(take(8)) };
      case 'bigInt64':
        return { kind, value: bytes.readBigInt64LE(take(8)) };
      case 'bytes':
        return { kind, value: [...bytes.subarray(take(each.value.length), at)] };
      case 'string': {
        let size = 0;
        let byte = 0x80;
        for (let shift = 0; byte >= 0x80; shift += 7) {
          byte = bytes.readUInt8(take(1));
          size += (byte & 0x7f) << shift;
        }
        return { kind, value: bytes.toString('utf8', take(size), at) };
      }
    }
  };
  const values = like.map(readOne);
  if (at !== bytes.length) throw new Error(`${bytes.length} bytes were written; expected ${at}.`);
  return values;
}
