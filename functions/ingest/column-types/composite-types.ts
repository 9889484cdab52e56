import { isRow } from '../row.ts';
import { type ColumnType, type Encode, isZeroUnreadable, mostDigits } from './column-type-parts.ts';
import { readClickHouseText } from './read-clickhouse-text.ts';

/** One byte before the value: 1 = it is NULL, 0 = it follows. */
export function nullableType(inner: ColumnType): ColumnType {
  const encode: Encode = (value, out) => {
    if (value === null) {
      out.byte(1);
      return undefined;
    }
    out.byte(0);
    return inner.encode(value, out);
  };
  const { native, ...rest } = inner;
  const type = { ...rest, encode, nullable: true, expected: `${inner.expected} or null` };
  return native?.kind === 'plain' ? { ...type, native: { ...native, kind: 'nullable', inner } } : type;
}

/**
 * `LowCardinality(T)`, in RowBinary like T. In the Native format each text is written once; other types may have values
 * that JavaScript takes for the same, such as 0 and -0, and go out in RowBinary.
 *
 * @param isText whether T holds texts
 */
export function lowCardinalityType(inner: ColumnType, isText: boolean): ColumnType {
  const { native, ...rest } = inner;
  if (native === undefined || !isText) return rest;
  return { ...rest, native: { kind: 'dictionary', inner, zeroBytes: native.zeroBytes } };
}

export function arrayType(element: ColumnType): ColumnType {
  const encode: Encode = (value, out) => {
    if (!Array.isArray(value)) return 'FIELD_TYPE';
    out.varUint(value.length);
    for (const item of value) {
      const fault = element.encode(item, out);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  return composite(encode, `an array, each element ${element.expected}`, [element]);
}

/** A JSON object; its names are keys in the text that a CSV field would have. */
export function mapType(key: ColumnType, value: ColumnType): ColumnType {
  const encode: Encode = (given, out) => {
    if (!isRow(given)) return 'FIELD_TYPE';
    const names = Object.keys(given);
    out.varUint(names.length);
    for (const name of names) {
      const fault = key.encode(key.fromText(name), out) ?? value.encode(given[name], out);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  return composite(encode, `an object, each name ${key.expected}, each value ${value.expected}`, [key, value]);
}

export interface TupleElement {
  /** undefined in a Tuple without names. */
  readonly name: string | undefined;
  readonly type: ColumnType;
}

/** An array of its elements, or an object where they have names; only an element that can be NULL may be left out of the object. */
export function tupleType(elements: readonly TupleElement[]): ColumnType {
  const names = new Set(elements.map(({ name }) => name));
  const encode: Encode = (value, out) => {
    if (Array.isArray(value)) {
      if (value.length !== elements.length) return 'FIELD_TYPE';
    } else if (!isRow(value) || Object.keys(value).some((name) => !names.has(name))) return 'FIELD_TYPE';
    for (const [index, { name, type }] of elements.entries()) {
      const fault = type.encode(Array.isArray(value) ? value[index] : memberOf(value, name, type), out);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  const parts = elements.map(({ type }) => type);
  const shown = elements.map(({ name, type }) => (name === undefined ? type.expected : `${name}: ${type.expected}`));
  const type = composite(encode, `a tuple of (${shown.join('; ')})`, parts);
  return parts.some(isZeroUnreadable) ? { ...type, whenAbsent: null } : type;
}

function memberOf(value: object, name: string | undefined, { nullable }: ColumnType): unknown {
  if (name !== undefined && isRow(value) && Object.hasOwn(value, name)) return value[name];
  return nullable ? null : undefined;
}

function composite(encode: Encode, expected: string, parts: readonly ColumnType[]): ColumnType {
  const shown = expected.length > 300 ? `${expected.slice(0, 300)}…` : expected;
  return { encode, nullable: false, expected: shown, digits: mostDigits(parts), fromText: readClickHouseText };
}
