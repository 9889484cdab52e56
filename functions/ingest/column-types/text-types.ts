import type { RowBinaryWriter } from '../row-binary-writer.ts';
import { type ColumnType, type Encode, type FieldFault, plainType } from './column-type-parts.ts';
import { readEnumMember } from './type-name.ts';

export const STRING_TYPE = plainType(encodeString, 'a string of well-formed Unicode', { zeroBytes: 1 });

export function encodeString(value: unknown, out: RowBinaryWriter): FieldFault | undefined {
  if (typeof value !== 'string') return 'FIELD_TYPE';
  if (out.shortAscii(value)) return undefined;
  // A lone surrogate has no UTF-8: ClickHouse would store something else than what was sent.
  if (!value.isWellFormed()) return 'FIELD_TYPE';
  out.string(value);
  return undefined;
}

/** `FixedString(size)`: a shorter string is filled up with zero bytes, as ClickHouse does. */
export function fixedStringType(size: number): ColumnType {
  const encode: Encode = (value, out) => {
    if (typeof value !== 'string' || !value.isWellFormed()) return 'FIELD_TYPE';
    const bytes = Buffer.byteLength(value);
    if (bytes > size) return 'FIELD_RANGE';
    out.text(value, bytes);
    out.zeros(size - bytes);
    return undefined;
  };
  return plainType(encode, `a string of at most ${size} bytes of UTF-8`, { zeroBytes: size });
}

/**
 * `Enum8` and `Enum16`: one of its names. Without a layout of the Native format, where ClickHouse takes an enum of other numbers for
 * the same type.
 *
 * @returns undefined where a member cannot be read
 */
export function enumType(size: 1 | 2, args: readonly string[]): ColumnType | undefined {
  const values = new Map<string, number>();
  for (const arg of args) {
    const member = readEnumMember(arg);
    if (member === undefined) return undefined;
    values.set(member.name, member.value);
  }
  const encode: Encode = (value, out) => {
    if (typeof value !== 'string') return 'FIELD_TYPE';
    const number = values.get(value);
    if (number === undefined) return 'FIELD_RANGE';
    out.int(number, size);
    return undefined;
  };
  const names = [...values.keys()];
  const shown = names.slice(0, 10).join(', ');
  const type = plainType(encode, `one of ${shown}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`);
  const [least] = [...values].sort(([, a], [, b]) => a - b);
  return least === undefined ? undefined : { ...type, whenAbsent: least[0] };
}
