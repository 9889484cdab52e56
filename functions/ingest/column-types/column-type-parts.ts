import type { RowBinaryWriter } from '../row-binary-writer.ts';

export type FieldFault = 'FIELD_TYPE' | 'FIELD_RANGE';

/** Checks a value and writes it as RowBinary, in one pass. What it refuses it may have written in part. */
export type Encode = (value: unknown, out: RowBinaryWriter) => FieldFault | undefined;

/**
 * What a column needs of a JSON number besides the double that `JSON.parse` gives: nothing; its digits where the double is
 * no safe integer, which the encoder sees and refuses; or its digits whenever there are many.
 */
export type Digits = 'none' | 'integer' | 'decimal';

/**
 * How the values of a column lie in the Native format: `plain`, as in RowBinary, one after the other, and so many zero bytes where
 * there is none; `nullable`, a byte for each value before them all; `dictionary`, each value once.
 */
export type NativeLayout =
  | { readonly kind: 'plain'; readonly zeroBytes: number }
  | { readonly kind: 'nullable'; readonly inner: ColumnType; readonly zeroBytes: number }
  | { readonly kind: 'dictionary'; readonly inner: ColumnType; readonly zeroBytes: number };

/** A column type that edgehouse can judge. */
export interface ColumnType {
  readonly encode: Encode;
  readonly nullable: boolean;
  /** What a value must be, in words for an error message. */
  readonly expected: string;
  readonly digits: Digits;
  /** The value that a text stands for, in a CSV field or as a key of a Map; a text that stands for none is returned as it is. */
  readonly fromText: (text: string) => unknown;
  /**
   * What ClickHouse stores in a column that an insert does not name, where the formats' zero is no value of the type. Null: that is so, and
   * of no use to write, as of a Tuple with an Enum in it.
   */
  readonly whenAbsent?: string | object | null;
  /** Absent where rows of the type go out in RowBinary: a type inside it has no layout here, or ClickHouse would not see it change. */
  readonly native?: NativeLayout;
}

export interface PlainTypeOptions extends Partial<Pick<ColumnType, 'digits' | 'fromText'>> {
  /** Bytes of a value, all zero where there is none; 1 for a string, which is its length. */
  readonly zeroBytes?: number;
}

export function plainType(
  encode: Encode,
  expected: string,
  { digits = 'none', fromText = asItIs, zeroBytes }: PlainTypeOptions = {},
): ColumnType {
  const type = { encode, nullable: false, expected, digits, fromText };
  return zeroBytes === undefined ? type : { ...type, native: { kind: 'plain', zeroBytes } };
}

function asItIs(text: string): string {
  return text;
}

/** Whether the formats' zero, which stands for what is absent, would be read as no value of the type. */
export function isZeroUnreadable({ whenAbsent, nullable }: ColumnType): boolean {
  return whenAbsent !== undefined && !nullable;
}

/** The most that any of the types needs. */
export function mostDigits(types: readonly Pick<ColumnType, 'digits'>[]): Digits {
  if (types.some(({ digits }) => digits === 'decimal')) return 'decimal';
  return types.some(({ digits }) => digits === 'integer') ? 'integer' : 'none';
}
