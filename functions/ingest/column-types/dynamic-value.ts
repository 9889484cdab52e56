import { ExactNumber } from '../exact-number.ts';
import { isRow } from '../row.ts';
import type { RowBinaryWriter } from '../row-binary-writer.ts';
import type { FieldFault } from './column-type-parts.ts';
import { encodeString } from './text-types.ts';

/** A value with its type as ClickHouse encodes it in bytes (https://clickhouse.com/docs/sql-reference/data-types/data-types-binary-encoding). */
interface DynamicValue {
  /** In hexadecimal digits. */
  readonly code: string;
  write(out: RowBinaryWriter): FieldFault | undefined;
}

export interface DynamicPlace {
  /** Objects and arrays around the value. */
  readonly level: number;
  readonly most: number;
  readonly encodeObject: (value: unknown, out: RowBinaryWriter, level: number) => FieldFault | undefined;
}

/** Writes a value of a JSON column with its type before it: the types that ClickHouse itself gives to JSON text. */
export function writeDynamic(value: unknown, out: RowBinaryWriter, place: DynamicPlace): FieldFault | undefined {
  const scalar = scalarCode(value);
  if (scalar !== undefined) {
    out.bytes(bytesOf(scalar));
    return writeScalar(value, scalar, out);
  }
  const dynamic = typed(value, place);
  return typeof dynamic === 'string' ? dynamic : writeWithType(dynamic, out);
}

const NOTHING = '00';
const STRING = '15';
const BOOL = '2d';
const FLOAT64 = '0e';
const INT64 = '0a';
const UINT64 = '04';
const DYNAMIC = '2b20';
// JSON(max_dynamic_types=16, max_dynamic_paths=256), as in an array of objects that ClickHouse reads from text.
const OBJECT = '3000800210000000';

type Scalar = typeof STRING | typeof BOOL | typeof INT64 | typeof FLOAT64;

/** Their arrays, made once: a text put together is looked up many times slower. */
const SCALAR_ARRAYS: Readonly<Record<Scalar, string>> = {
  [STRING]: '1e2315',
  [BOOL]: '1e232d',
  [INT64]: '1e230a',
  [FLOAT64]: '1e230e',
};

function typed(value: unknown, place: DynamicPlace): DynamicValue | FieldFault {
  if (value === null) return { code: NOTHING, write: () => undefined };
  const scalar = scalarCode(value);
  if (scalar !== undefined) return { code: scalar, write: (out) => writeScalar(value, scalar, out) };
  // Of an integer beyond 2^53, the row is read once more, with its numbers as written.
  if (typeof value === 'number') return 'FIELD_RANGE';
  if (value instanceof ExactNumber) return typedExact(value.text);
  if (place.level > place.most) return 'FIELD_RANGE';
  if (Array.isArray(value)) return typedArray(value, place);
  if (!isRow(value)) return 'FIELD_TYPE';
  return { code: OBJECT, write: (out) => place.encodeObject(value, out, place.level) };
}

/** Digits of the largest integer of 64 bits; the least has one less, and a sign. A BigInt of a million digits takes a second. */
const LONGEST_INTEGER = 20;

function typedExact(text: string): DynamicValue | FieldFault {
  if (!/^-?\d+$/.test(text)) return Number.isFinite(Number(text)) ? float(Number(text)) : 'FIELD_RANGE';
  if (text.length > LONGEST_INTEGER) return 'FIELD_RANGE';
  const exact = BigInt(text);
  const write = (out: RowBinaryWriter) => void out.bigInt(exact, 64);
  if (BigInt.asIntN(64, exact) === exact) return { code: INT64, write };
  return BigInt.asUintN(64, exact) === exact ? { code: UINT64, write } : 'FIELD_RANGE';
}

function float(value: number): DynamicValue {
  return { code: FLOAT64, write: (out) => void out.float64(value) };
}

function typedArray(values: readonly unknown[], place: DynamicPlace): DynamicValue | FieldFault {
  if (values.length === 0) return EMPTY_ARRAY;
  const scalar = scalarCode(values[0]);
  if (scalar !== undefined && values.every((value) => scalarCode(value) === scalar)) {
    return new ScalarArray(values, scalar);
  }
  const inside = { ...place, level: place.level + 1 };
  if (inside.level <= place.most && values.every(isRow)) {
    return { code: `1e${OBJECT}`, write: (out) => writeObjects(values, out, inside) };
  }
  const items: DynamicValue[] = [];
  for (const value of values) {
    const item = typed(value, inside);
    if (typeof item === 'string') return item;
    items.push(item);
  }
  const codes = new Set<string>();
  for (const { code } of items) codes.add(code);
  const hasNull = codes.delete(NOTHING);
  const [first = STRING] = codes;
  if (codes.size <= 1 && first.length === 2) return array(`23${first}`, items, writeNullable);
  if (codes.size === 1 && !hasNull) return array(first, items, (item, out) => item.write(out));
  if (codes.size === 2 && codes.has(INT64) && codes.has(FLOAT64) && values.every(isDouble)) {
    return array(`23${FLOAT64}`, values.map(asFloat), writeNullable);
  }
  return array(DYNAMIC, items, writeWithType);
}

/** Most arrays hold one kind of scalar, or objects alone: these need no `DynamicValue` for each element. */
function scalarCode(value: unknown): Scalar | undefined {
  if (typeof value === 'string') return STRING;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value !== 'number') return undefined;
  if (Number.isSafeInteger(value)) return INT64;
  return Number.isInteger(value) || !Number.isFinite(value) ? undefined : FLOAT64;
}

/** A class, because there may be a million of them in a body: closures would take several times the memory. */
class ScalarArray implements DynamicValue {
  readonly code: string;
  readonly #values: readonly unknown[];
  readonly #scalar: Scalar;

  constructor(values: readonly unknown[], scalar: Scalar) {
    this.code = SCALAR_ARRAYS[scalar];
    this.#values = values;
    this.#scalar = scalar;
  }

  write(out: RowBinaryWriter): FieldFault | undefined {
    out.varUint(this.#values.length);
    for (const value of this.#values) {
      out.byte(0);
      const fault = writeScalar(value, this.#scalar, out);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function writeScalar(value: unknown, code: string, out: RowBinaryWriter): FieldFault | undefined {
  if (code === STRING) return encodeString(value, out);
  if (code === INT64) out.int64(Number(value));
  else if (code === FLOAT64) out.float64(Number(value));
  else out.byte(value === true ? 1 : 0);
  return undefined;
}

function writeObjects(
  values: readonly unknown[],
  out: RowBinaryWriter,
  { level, encodeObject }: DynamicPlace,
): FieldFault | undefined {
  out.varUint(values.length);
  for (const value of values) {
    const fault = encodeObject(value, out, level);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function array(
  element: string,
  items: readonly DynamicValue[],
  write: (item: DynamicValue, out: RowBinaryWriter) => FieldFault | undefined,
): DynamicValue {
  return {
    code: `1e${element}`,
    write(out) {
      out.varUint(items.length);
      for (const item of items) {
        const fault = write(item, out);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  };
}

const EMPTY_ARRAY = array(`23${STRING}`, [], writeNullable);

function writeNullable(item: DynamicValue, out: RowBinaryWriter): FieldFault | undefined {
  out.byte(item.code === NOTHING ? 1 : 0);
  return item.write(out);
}

function writeWithType(value: DynamicValue, out: RowBinaryWriter): FieldFault | undefined {
  out.bytes(bytesOf(value.code));
  return value.write(out);
}

function bytesOf(code: string): Uint8Array {
  return USUAL_CODES.get(code) ?? Buffer.from(code, 'hex');
}

const SCALARS = [STRING, BOOL, FLOAT64, INT64, UINT64];
const USUAL_CODES: ReadonlyMap<string, Uint8Array> = new Map(
  [...SCALARS, ...SCALARS.map((code) => `1e23${code}`), `1e${OBJECT}`].map((code) => [code, Buffer.from(code, 'hex')]),
);

function isDouble(value: unknown): boolean {
  return value === null || typeof value === 'number';
}

function asFloat(value: unknown): DynamicValue {
  return value === null ? { code: NOTHING, write: () => undefined } : float(Number(value));
}
