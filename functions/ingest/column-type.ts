import type { RowBinaryWriter } from './row-binary-writer.ts';
import { parseTimestamp } from './timestamp.ts';

export type FieldFault = 'FIELD_TYPE' | 'FIELD_RANGE';

/** Checks a value and writes it as RowBinary, in one pass. What it refuses it may have written in part. */
export type Encode = (value: unknown, out: RowBinaryWriter) => FieldFault | undefined;

/** A column type that edgehouse can judge. */
export interface ColumnType {
  readonly encode: Encode;
  readonly nullable: boolean;
  /** What a value must be, in words for an error message. */
  readonly expected: string;
}

/**
 * Compiles a ClickHouse type name, as `system.columns` writes it, to its check and encoding. RowBinary writes
 * LowCardinality as its inner type, and Nullable as one byte before it.
 *
 * @returns undefined for a type that edgehouse cannot judge: the caller refuses the table by name
 */
export function compileColumnType(name: string): ColumnType | undefined {
  const wrapped = /^(Nullable|LowCardinality)\((.+)\)$/.exec(name);
  if (wrapped?.[2] !== undefined) {
    const inner = compileColumnType(wrapped[2]);
    if (inner === undefined || wrapped[1] === 'LowCardinality') return inner;
    return { encode: encodeNullable(inner.encode), nullable: true, expected: `${inner.expected} or null` };
  }
  const time = /^DateTime64\((\d)(?:, '[^']+')?\)$/.exec(name);
  if (time !== null) return plain(encodeDateTime64(Number(time[1])), 'an RFC 3339 time from 1900 to 2299');
  return PLAIN_TYPES.get(name);
}

const PLAIN_TYPES: ReadonlyMap<string, ColumnType> = new Map([
  ['String', plain(encodeString, 'a string of well-formed Unicode')],
  ['Bool', plain(encodeBool, 'true or false')],
  ['UUID', plain(encodeUuid, 'a UUID string')],
  ['Float32', plain(encodeFloat32, 'a number within Float32')],
  ['Float64', plain(encodeFloat64, 'a number within Float64')],
  ['UInt8', integer(0, 0xff, 1)],
  ['UInt16', integer(0, 0xffff, 2)],
  ['UInt32', integer(0, 0xffff_ffff, 4)],
  ['Int8', integer(-0x80, 0x7f, 1)],
  ['Int16', integer(-0x8000, 0x7fff, 2)],
  ['Int32', integer(-0x8000_0000, 0x7fff_ffff, 4)],
  ['UInt64', integer64(0n, (1n << 64n) - 1n)],
  ['Int64', integer64(-(1n << 63n), (1n << 63n) - 1n)],
]);

function plain(encode: Encode, expected: string): ColumnType {
  return { encode, nullable: false, expected };
}

function encodeNullable(inner: Encode): Encode {
  return (value, out) => {
    if (value === null) {
      out.byte(1);
      return undefined;
    }
    out.byte(0);
    return inner(value, out);
  };
}

function encodeString(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string') return 'FIELD_TYPE';
  if (out.shortAscii(value)) return undefined;
  // A lone surrogate has no UTF-8: ClickHouse would store something else than what was sent.
  if (!value.isWellFormed()) return 'FIELD_TYPE';
  out.string(value);
  return undefined;
}

function encodeBool(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'boolean') return 'FIELD_TYPE';
  out.byte(value ? 1 : 0);
  return undefined;
}

function integer(least: number, most: number, size: 1 | 2 | 4): ColumnType {
  return plain((value, out) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return 'FIELD_TYPE';
    if (value < least || value > most) return 'FIELD_RANGE';
    out.int(value, size);
    return undefined;
  }, `an integer from ${least} to ${most}`);
}

function integer64(least: bigint, most: bigint): ColumnType {
  const encode: Encode = (value, out) => {
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) return 'FIELD_TYPE';
      // Beyond 2^53 the JSON number has already lost digits: it has to come as a decimal string.
      if (!Number.isSafeInteger(value) || (least === 0n && value < 0)) return 'FIELD_RANGE';
      out.int64(value);
      return undefined;
    }
    if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return 'FIELD_TYPE';
    const exact = BigInt(value);
    if (exact < least || exact > most) return 'FIELD_RANGE';
    out.bigInt64(exact);
    return undefined;
  };
  return plain(encode, `an integer from ${least} to ${most}, beyond 2^53 as a decimal string`);
}

function encodeFloat32(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'number') return 'FIELD_TYPE';
  if (!Number.isFinite(Math.fround(value))) return 'FIELD_RANGE';
  out.float32(value);
  return undefined;
}

function encodeFloat64(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'number') return 'FIELD_TYPE';
  // JSON has no infinity, but 1e999 parses to it.
  if (!Number.isFinite(value)) return 'FIELD_RANGE';
  out.float64(value);
  return undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function encodeUuid(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string' || !UUID.test(value)) return 'FIELD_TYPE';
  const bytes = Buffer.from(value.replaceAll('-', ''), 'hex');
  // ClickHouse keeps a UUID as two little-endian halves.
  bytes.subarray(0, 8).reverse();
  bytes.subarray(8).reverse();
  out.bytes(bytes);
  return undefined;
}

const SECONDS_1900 = Date.UTC(1900, 0, 1) / 1000;
const SECONDS_2300 = Date.UTC(2300, 0, 1) / 1000;
const MOST_INT64 = (1n << 63n) - 1n;

function encodeDateTime64(precision: number): Encode {
  const ticks = 10 ** precision;
  return (value, out) => {
    if (typeof value !== 'string') return 'FIELD_TYPE';
    const time = parseTimestamp(value, precision);
    if (time === 'form') return 'FIELD_TYPE';
    // https://clickhouse.com/docs/sql-reference/data-types/datetime64: [1900-01-01, 2299-12-31], nanoseconds to 2262.
    if (time === 'range' || time.seconds < SECONDS_1900 || time.seconds >= SECONDS_2300) return 'FIELD_RANGE';
    if (precision <= 3) {
      out.int64(time.seconds * ticks + time.fraction);
      return undefined;
    }
    const exact = BigInt(time.seconds) * BigInt(ticks) + BigInt(time.fraction);
    if (exact > MOST_INT64 || exact < -MOST_INT64) return 'FIELD_RANGE';
    out.bigInt64(exact);
    return undefined;
  };
}
