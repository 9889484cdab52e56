import type { RowBinaryWriter } from '../row-binary-writer.ts';

export type FieldFault = 'FIELD_TYPE' | 'FIELD_RANGE';

/** Checks a value and writes it as RowBinary, in one pass. What it refuses it may have written in part. */
export type Encode = (value: unknown, out: RowBinaryWriter) => FieldFault | undefined;

/**
 * What a column needs of a JSON number besides the double that `JSON.parse` gives: nothing; its digits where the double is
 * no safe integer, which the encoder sees and refuses; or its digits whenever there are many.
 */
export type Digits = 'none' | 'integer' | 'decimal';

/** A column type that edgehouse can judge. */
export interface ColumnType {
  readonly encode: Encode;
  readonly nullable: boolean;
  /** What a value must be, in words for an error message. */
  readonly expected: string;
  readonly digits: Digits;
  /** The value that a text stands for, in a CSV field or as a key of a Map; a text that stands for none is returned as it is. */
  readonly fromText: (text: string) => unknown;
  /** What ClickHouse stores in a column that an insert does not name, where the formats' zero is no value of the type. */
  readonly whenAbsent?: string;
}

export function plainType(
  encode: Encode,
  expected: string,
  { digits = 'none', fromText = asItIs }: Partial<Pick<ColumnType, 'digits' | 'fromText'>> = {},
): ColumnType {
  return { encode, nullable: false, expected, digits, fromText };
}

function asItIs(text: string): string {
  return text;
}

/** The most that any of the types needs. */
export function mostDigits(types: readonly Pick<ColumnType, 'digits'>[]): Digits {
  if (types.some(({ digits }) => digits === 'decimal')) return 'decimal';
  return types.some(({ digits }) => digits === 'integer') ? 'integer' : 'none';
}
