/**
 * Grows a buffer of ClickHouse's RowBinary bytes (https://clickhouse.com/docs/interfaces/formats/RowBinary): little
 * endian, strings length-prefixed as LEB128. A row that turns out bad is undone by `truncate`.
 */
export class RowBinaryWriter {
  #buffer: Buffer;
  #view: DataView;
  #length = 0;

  /** @param capacity bytes to start with; it doubles when full */
  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(capacity, 256));
    this.#view = viewOf(this.#buffer);
  }

  get length(): number {
    return this.#length;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  /** The bytes written so far; valid until the next write. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** So many zero bytes. */
  zeros(count: number): void {
    this.#reserve(count);
    const end = this.#length + count;
    // Few: a call of `fill` would take longer.
    while (this.#length < end) this.#buffer[this.#length++] = 0;
  }

  /** The same bytes so many times. */
  fill(bytes: Uint8Array, times: number): void {
    const size = bytes.length * times;
    this.#reserve(size);
    if (size > 0) this.#buffer.fill(bytes, this.#length, this.#length + size);
    this.#length += size;
  }

  /** An integer of 1, 2 or 4 bytes, signed or not: the caller has checked its range. */
  int(value: number, size: 1 | 2 | 4): void {
    this.#reserve(size);
    if (size === 1) this.#view.setUint8(this.#length, value);
    else if (size === 2) this.#view.setUint16(this.#length, value, true);
    else this.#view.setUint32(this.#length, value, true);
    this.#length += size;
  }

  /** A 64-bit integer held exactly in a number: two halves are several times faster than a BigInt. */
  int64(value: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#length, value, true);
    this.#view.setUint32(this.#length + 4, Math.floor(value / 0x1_0000_0000), true);
    this.#length += 8;
  }

  /** An integer of so many bits, signed or not: the caller has checked its range. */
  bigInt(value: bigint, bits: 64 | 128 | 256): void {
    this.#reserve(bits / 8);
    for (let word = value, left = bits; left > 0; word >>= 64n, left -= 64) {
      this.#view.setBigUint64(this.#length, BigInt.asUintN(64, word), true);
      this.#length += 8;
    }
  }

  /** A length, as LEB128. */
  varUint(value: number): void {
    this.#reserve(5);
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
    this.#buffer[this.#length++] = rest;
  }

  float32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Writes a short text of ASCII alone, which most values are, without leaving JavaScript; false where it is not one. */
  shortAscii(value: string): boolean {
    const { length } = value;
    if (length > 48) return false;
    this.#reserve(length + 1);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = length;
    for (let unit = 0; unit < length; unit++) {
      const code = value.charCodeAt(unit);
      if (code >= 0x80) return false;
      buffer[at++] = code;
    }
    this.#length = at;
    return true;
  }

  string(value: string): void {
    // One UTF-16 unit is at most three bytes of UTF-8; a length below 128 takes one byte, which most strings need.
    const most = value.length * 3;
    this.#reserve(most + 5);
    if (most < 0x80) {
      const size = this.#buffer.write(value, this.#length + 1);
      this.#buffer[this.#length] = size;
      this.#length += size + 1;
      return;
    }
    this.varUint(Buffer.byteLength(value));
    this.#length += this.#buffer.write(value, this.#length);
  }

  /** Text without its length. @param size its bytes in UTF-8 */
  text(value: string, size: number): void {
    this.#reserve(size);
    this.#length += this.#buffer.write(value, this.#length, size);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    this.#view = viewOf(grown);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
