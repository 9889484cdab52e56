import type { ColumnType, FieldFault } from './column-types/column-type-parts.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

/** The values of one column, in the layout of https://clickhouse.com/docs/interfaces/formats/Native. */
export interface NativeColumn {
  /** The bytes of the longest value yet. */
  readonly widest: number;
  /** Adds a value. After one that it refuses the column is of no use until `undo`. */
  add(value: unknown): FieldFault | undefined;
  /** Adds the same value so many times. */
  repeat(value: unknown, times: number): FieldFault | undefined;
  /** What is added from here on can be undone. */
  mark(): void;
  undo(): void;
  writeTo(out: RowBinaryWriter): void;
}

/** @param rows most values that it will hold @throws TypeError where the type has no layout of the format */
export function openNativeColumn({ encode, native: layout }: ColumnType, rows: number): NativeColumn {
  switch (layout?.kind) {
    case undefined:
      throw new TypeError('The column goes out in RowBinary.');
    case 'plain':
      return new PlainColumn(encode, layout.zeroBytes, rows);
    case 'nullable':
      return new NullableColumn(layout.inner.encode, layout.zeroBytes, rows);
    case 'dictionary':
      return new DictionaryColumn(layout.inner, layout.zeroBytes, rows);
  }
}

class PlainColumn implements NativeColumn {
  readonly #encode: ColumnType['encode'];
  readonly #values: RowBinaryWriter;
  #marked = 0;
  widest = 0;

  constructor(encode: ColumnType['encode'], zeroBytes: number, rows: number) {
    this.#encode = encode;
    this.#values = new RowBinaryWriter(rows * zeroBytes);
  }

  add(value: unknown): FieldFault | undefined {
    const before = this.#values.length;
    const fault = this.#encode(value, this.#values);
    const size = this.#values.length - before;
    if (size > this.widest) this.widest = size;
    return fault;
  }

  repeat(value: unknown, times: number): FieldFault | undefined {
    const one = new RowBinaryWriter(256);
    const fault = this.#encode(value, one);
    this.#values.fill(one.written(), times);
    return fault;
  }

  mark(): void {
    this.#marked = this.#values.length;
  }

  undo(): void {
    this.#values.truncate(this.#marked);
  }

  /** Where there is no value, something has to stand in its place. */
  addZero(zeroBytes: number): void {
    this.#values.zeros(zeroBytes);
  }

  writeTo(out: RowBinaryWriter): void {
    out.bytes(this.#values.written());
  }
}

/** For each value a byte, 1 where it is NULL; then the values. */
class NullableColumn implements NativeColumn {
  readonly #nulls: RowBinaryWriter;
  readonly #values: PlainColumn;
  readonly #zeroBytes: number;
  #marked = 0;

  constructor(encode: ColumnType['encode'], zeroBytes: number, rows: number) {
    this.#nulls = new RowBinaryWriter(rows);
    this.#values = new PlainColumn(encode, zeroBytes, rows);
    this.#zeroBytes = zeroBytes;
  }

  get widest(): number {
    return this.#values.widest;
  }

  add(value: unknown): FieldFault | undefined {
    if (value !== null) {
      this.#nulls.byte(0);
      return this.#values.add(value);
    }
    this.#nulls.byte(1);
    this.#values.addZero(this.#zeroBytes);
    return undefined;
  }

  repeat(value: unknown, times: number): FieldFault | undefined {
    for (let time = 0; time < times; time++) {
      const fault = this.add(value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  mark(): void {
    this.#marked = this.#nulls.length;
    this.#values.mark();
  }

  undo(): void {
    this.#nulls.truncate(this.#marked);
    this.#values.undo();
  }

  writeTo(out: RowBinaryWriter): void {
    out.bytes(this.#nulls.written());
    this.#values.writeTo(out);
  }
}

/** LowCardinality: each text once, unless it is long, and for each value the number of its text. NULL is number 0, where a zero value stands. */
class DictionaryColumn implements NativeColumn {
  readonly #inner: ColumnType;
  readonly #numbers = new Map<unknown, number>();
  readonly #texts: unknown[] = [];
  readonly #bytes = new RowBinaryWriter(256);
  readonly #indexes: Uint32Array;
  #count = 0;
  #marked = { count: 0, texts: 0, bytes: 0 };
  widest = 0;

  constructor(inner: ColumnType, zeroBytes: number, rows: number) {
    this.#indexes = new Uint32Array(rows);
    const { native } = inner;
    this.#inner = native?.kind === 'nullable' ? native.inner : inner;
    if (!inner.nullable) return;
    this.#bytes.zeros(zeroBytes);
    this.#texts.push(null);
    this.#numbers.set(null, 0);
  }

  add(value: unknown): FieldFault | undefined {
    const number = this.#numbers.get(value) ?? this.#addText(value);
    if (typeof number === 'string') return number;
    this.#indexes[this.#count++] = number;
    return undefined;
  }

  repeat(value: unknown, times: number): FieldFault | undefined {
    const number = this.#numbers.get(value) ?? this.#addText(value);
    if (typeof number === 'string') return number;
    this.#indexes.fill(number, this.#count, this.#count + times);
    this.#count += times;
    return undefined;
  }

  #addText(value: unknown): number | FieldFault {
    const before = this.#bytes.length;
    const fault = this.#inner.encode(value, this.#bytes);
    if (fault !== undefined) return fault;
    this.widest = Math.max(this.widest, this.#bytes.length - before);
    const number = this.#texts.length;
    if (typeof value !== 'string' || value.length <= MOST_SHARED_UNITS) this.#numbers.set(value, number);
    this.#texts.push(value);
    return number;
  }

  mark(): void {
    this.#marked = { count: this.#count, texts: this.#texts.length, bytes: this.#bytes.length };
  }

  undo(): void {
    const { count, texts, bytes } = this.#marked;
    for (const text of this.#texts.splice(texts)) this.#numbers.delete(text);
    this.#count = count;
    this.#bytes.truncate(bytes);
  }

  writeTo(out: RowBinaryWriter): void {
    const indexes = this.#indexes.subarray(0, this.#count);
    const size = this.#texts.length <= 0x100 ? 1 : this.#texts.length <= 0x1_0000 ? 2 : 4;
    out.int64(SHARED_DICTIONARIES);
    out.int64(HAS_KEYS | (size >> 1));
    out.int64(this.#texts.length);
    out.bytes(this.#bytes.written());
    out.int64(this.#count);
    out.bytes(size === 1 ? new Uint8Array(indexes) : bytesOf(size === 2 ? new Uint16Array(indexes) : indexes));
  }
}

/** A longer text is written each time it comes. V8 tells texts over 16,383 units apart by their length and then unit by unit. */
const MOST_SHARED_UNITS = 1_024;

/** The only version of the layout that there is. */
const SHARED_DICTIONARIES = 1;
/** The keys are with the column, and replace what the reader may have; the low byte is log2 of an index's bytes. */
const HAS_KEYS = (1 << 9) | (1 << 10);

/** As they lie in memory: little endian, on every machine that Lambda has. */
function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
