import { asDouble, ExactNumber } from '../exact-number.ts';
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
  if (value === null || scalarCode(value) !== undefined) return writeScalarWithType(value, out);
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

/** Arrays of one kind of scalar and of several, made once: a text put together is looked up many times slower. */
const SCALAR_ARRAYS: Readonly<Record<Scalar | typeof DYNAMIC, string>> = {
  [STRING]: '1e2315',
  [BOOL]: '1e232d',
  [INT64]: '1e230a',
  [FLOAT64]: '1e230e',
  [DYNAMIC]: '1e2b20',
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
  const element = scalarElement(values);
  if (element !== undefined) return new ScalarArray(values, element);
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
  return array(DYNAMIC, items, writeWithType);
}

/** What an array of nothing but scalars and NULLs holds: one kind of them, doubles where integers are among them, or several. */
function scalarElement(values: readonly unknown[]): Scalar | typeof DYNAMIC | undefined {
  let element: Scalar | typeof DYNAMIC | undefined;
  for (const value of values) {
    if (value === null) continue;
    const scalar = scalarCode(value);
    if (scalar === undefined) return undefined;
    if (element === undefined || element === scalar) element = scalar;
    else element = isNumber(element) && isNumber(scalar) ? FLOAT64 : DYNAMIC;
  }
  return element ?? STRING;
}

function isNumber(code: string): boolean {
  return code === INT64 || code === FLOAT64;
}

/** Most arrays hold scalars, or objects alone: these need no `DynamicValue` for each element. */
function scalarCode(value: unknown): Scalar | undefined {
  if (typeof value === 'string') return STRING;
  if (typeof value === 'boolean') return BOOL;
  // As a double also where the row was read with its digits: the type of a value is no matter of what stands beside it.
  const number = asDouble(value);
  if (typeof number !== 'number') return undefined;
  if (Number.isSafeInteger(number)) return INT64;
  return Number.isInteger(number) || !Number.isFinite(number) ? undefined : FLOAT64;
}

/** A class, because there may be a million of them in a body: closures would take several times the memory. */
class ScalarArray implements DynamicValue {
  readonly code: string;
  readonly #values: readonly unknown[];
  readonly #element: Scalar | typeof DYNAMIC;

  constructor(values: readonly unknown[], element: Scalar | typeof DYNAMIC) {
    this.code = SCALAR_ARRAYS[element];
    this.#values = values;
    this.#element = element;
  }

  write(out: RowBinaryWriter): FieldFault | undefined {
    out.varUint(this.#values.length);
    for (const value of this.#values) {
      const fault = this.#element === DYNAMIC ? writeScalarWithType(value, out) : this.#writeNullable(value, out);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #writeNullable(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
    out.byte(value === null ? 1 : 0);
    return value === null ? undefined : writeScalar(value, this.#element, out);
  }
}

function writeScalarWithType(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  const code = scalarCode(value);
  out.bytes(bytesOf(code ?? NOTHING));
  return code === undefined ? undefined : writeScalar(value, code, out);
}

function writeScalar(value: unknown, code: string, out: RowBinaryWriter): FieldFault | undefined {
  if (code === STRING) return encodeString(value, out);
  if (code === INT64) out.int64(Number(asDouble(value)));
  else if (code === FLOAT64) out.float64(Number(asDouble(value)));
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

const SCALARS = [NOTHING, STRING, BOOL, FLOAT64, INT64, UINT64];
const USUAL_CODES: ReadonlyMap<string, Uint8Array> = new Map(
  [...SCALARS, ...SCALARS.map((code) => `1e23${code}`), `1e${OBJECT}`].map((code) => [code, Buffer.from(code, 'hex')]),
);
