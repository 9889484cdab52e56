import { asDouble, ExactNumber } from '../exact-number.ts';
import type { RowBinaryWriter } from '../row-binary-writer.ts';
import { type ColumnType, type Encode, type FieldFault, plainType } from './column-type-parts.ts';

export const NUMBER_TYPES: ReadonlyMap<string, ColumnType> = new Map([
  ['Bool', plainType(encodeBool, 'true or false', { fromText: boolFromText, zeroBytes: 1 })],
  ['Float32', plainType(encodeFloat32, 'a number within Float32', { fromText: floatFromText, zeroBytes: 4 })],
  ['Float64', plainType(encodeFloat64, 'a number within Float64', { fromText: floatFromText, zeroBytes: 8 })],
  ['UInt8', integer(0, 0xff, 1)],
  ['UInt16', integer(0, 0xffff, 2)],
  ['UInt32', integer(0, 0xffff_ffff, 4)],
  ['Int8', integer(-0x80, 0x7f, 1)],
  ['Int16', integer(-0x8000, 0x7fff, 2)],
  ['Int32', integer(-0x8000_0000, 0x7fff_ffff, 4)],
  ['UInt64', wideInteger(64, 0n)],
  ['UInt128', wideInteger(128, 0n)],
  ['UInt256', wideInteger(256, 0n)],
  ['Int64', wideInteger(64, 1n)],
  ['Int128', wideInteger(128, 1n)],
  ['Int256', wideInteger(256, 1n)],
]);

function encodeBool(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'boolean') return 'FIELD_TYPE';
  out.byte(value ? 1 : 0);
  return undefined;
}

function integer(least: number, most: number, size: 1 | 2 | 4): ColumnType {
  const encode: Encode = (given, out) => {
    const value = typeof given === 'number' ? given : asDouble(given);
    if (typeof value !== 'number' || !Number.isInteger(value)) return 'FIELD_TYPE';
    if (value < least || value > most) return 'FIELD_RANGE';
    out.int(value, size);
    return undefined;
  };
  return plainType(encode, `an integer from ${least} to ${most}`, { fromText: integerFromText, zeroBytes: size });
}

/** @param signed 1n or 0n: how many bits of the width the sign takes */
function wideInteger(bits: 64 | 128 | 256, signed: 0n | 1n): ColumnType {
  const most = (1n << (BigInt(bits) - signed)) - 1n;
  const least = signed === 0n ? 0n : -most - 1n;
  const form = new RegExp(`^-?\\d{1,${String(most).length}}$`);
  const encode: Encode = (given, out) => {
    // With a point or an exponent it is the double that it is, whether or not the row was read once more for the sake of another field.
    const value = given instanceof ExactNumber && /[.eE]/.test(given.text) ? Number(given.text) : given;
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) return 'FIELD_TYPE';
      // Beyond 2^53 the double has lost digits; the row is then read once more, with its numbers as written.
      if (!Number.isSafeInteger(value) || (signed === 0n && value < 0)) return 'FIELD_RANGE';
      if (bits === 64) out.int64(value);
      else out.bigInt(BigInt(value), bits);
      return undefined;
    }
    const text = value instanceof ExactNumber ? value.text : value;
    if (typeof text !== 'string' || !form.test(text)) return 'FIELD_TYPE';
    const exact = BigInt(text);
    if (exact < least || exact > most) return 'FIELD_RANGE';
    out.bigInt(exact, bits);
    return undefined;
  };
  return plainType(encode, `an integer from ${least} to ${most}, as a number or a decimal string`, {
    digits: 'integer',
    zeroBytes: bits / 8,
  });
}

function encodeFloat32(given: unknown, out: RowBinaryWriter): FieldFault | undefined {
  const value = asDouble(given);
  if (typeof value !== 'number') return 'FIELD_TYPE';
  if (!Number.isFinite(Math.fround(value))) return 'FIELD_RANGE';
  out.float32(value);
  return undefined;
}

function encodeFloat64(given: unknown, out: RowBinaryWriter): FieldFault | undefined {
  const value = typeof given === 'number' ? given : asDouble(given);
  if (typeof value !== 'number') return 'FIELD_TYPE';
  // JSON has no infinity, but 1e999 parses to it.
  if (!Number.isFinite(value)) return 'FIELD_RANGE';
  out.float64(value);
  return undefined;
}

function integerFromText(text: string): unknown {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function floatFromText(text: string): unknown {
  return /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
}

function boolFromText(text: string): unknown {
  if (text === '1') return true;
  if (text === '0') return false;
  const word = text.toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : text;
}
