import { ADDRESS_TYPES } from './column-types/address-types.ts';
import { type ColumnType, isZeroUnreadable } from './column-types/column-type-parts.ts';
import {
  arrayType,
  lowCardinalityType,
  mapType,
  nullableType,
  type TupleElement,
  tupleType,
} from './column-types/composite-types.ts';
import { decimalType } from './column-types/decimal-type.ts';
import { jsonType } from './column-types/json-type.ts';
import { NUMBER_TYPES } from './column-types/number-types.ts';
import { enumType, fixedStringType, STRING_TYPE } from './column-types/text-types.ts';
import { DATE_TIME_TYPE, DATE_TYPE, DATE32_TYPE, dateTime64Type } from './column-types/time-types.ts';
import { readNamedType, readTypeName } from './column-types/type-name.ts';

/**
 * Compiles a ClickHouse type name, as `system.columns` writes it, to its check and encoding.
 *
 * @returns undefined for a type that edgehouse cannot judge: the caller refuses the table by name
 */
export function compileColumnType(text: string): ColumnType | undefined {
  const type = readTypeName(text);
  if (type === undefined) return undefined;
  const { name, args } = type;
  const [first = '', second = ''] = args;
  switch (name) {
    case 'Nullable':
      return wrap(first, nullableType);
    case 'LowCardinality':
      return wrap(first, (inner) => lowCardinalityType(inner, /^(?:Nullable\()?(?:Fixed)?String\b/.test(first)));
    case 'Array':
      return wrap(first, arrayType);
    case 'Nested':
      return wrap(`Tuple(${args.join(', ')})`, arrayType);
    case 'Map':
      return wrap(first, (key) => wrap(second, (value) => mapType(key, value)));
    case 'Tuple':
      return compileTuple(args);
    case 'FixedString':
      return fixedStringType(Number(first));
    case 'Decimal':
      return decimalType(Number(first), Number(second));
    case 'Enum8':
      return enumType(1, args);
    case 'Enum16':
      return enumType(2, args);
    case 'DateTime':
      return DATE_TIME_TYPE;
    case 'DateTime64':
      return first === '' ? undefined : dateTime64Type(Number(first));
    case 'JSON':
      return compileJson(args);
    default:
      return args.length === 0 ? PLAIN_TYPES.get(name) : undefined;
  }
}

const PLAIN_TYPES: ReadonlyMap<string, ColumnType> = new Map([
  ['String', STRING_TYPE],
  ['Date', DATE_TYPE],
  ['Date32', DATE32_TYPE],
  ...NUMBER_TYPES,
  ...ADDRESS_TYPES,
]);

function wrap(text: string, make: (inner: ColumnType) => ColumnType | undefined): ColumnType | undefined {
  const inner = compileColumnType(text);
  return inner === undefined ? undefined : make(inner);
}

function compileTuple(args: readonly string[]): ColumnType | undefined {
  const elements: TupleElement[] = [];
  for (const arg of args) {
    const named = readNamedType(arg);
    const type = compileColumnType(named?.type ?? arg);
    if (type === undefined) return undefined;
    elements.push({ name: named?.name, type });
  }
  return tupleType(elements);
}

/** Its parameters and SKIP rules are the server's business; the types of its paths are ours. */
function compileJson(args: readonly string[]): ColumnType | undefined {
  const typed = new Map<string, ColumnType>();
  for (const arg of args) {
    if (/^(?:max_dynamic_(?:paths|types)=\d+|SKIP .+)$/s.test(arg)) continue;
    const path = readNamedType(arg);
    const type = path === undefined ? undefined : compileColumnType(path.type);
    if (path === undefined || type === undefined) return undefined;
    // It is there in every document, and where it was not sent, a SELECT of the whole table would fail.
    if (isZeroUnreadable(type) && type.whenAbsent === null) return undefined;
    typed.set(path.name, type);
  }
  return jsonType(typed);
}
