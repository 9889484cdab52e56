import type { RowText } from './row-input.ts';

/** Collects the bytes of one row from the chunks it is spread over, and keeps no more of them than a row may have. */
export class RowBuffer {
  readonly #longest: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #length = 0;

  /** @param longest bytes */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get empty(): boolean {
    return this.#length === 0;
  }

  push(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length <= this.#longest) this.#parts.push(part);
    else this.#parts = [];
  }

  /** The row collected so far, which begins at `line`; the buffer is empty afterwards. */
  take(line: number): RowText {
    const [parts, length] = [this.#parts, this.#length];
    this.#parts = [];
    this.#length = 0;
    if (length > this.#longest) {
      return { kind: 'refused', line, reason: `it has ${length} bytes, expected at most ${this.#longest}` };
    }
    try {
      return { kind: 'text', line, text: this.#decoder.decode(Buffer.concat(parts)) };
    } catch {
      return { kind: 'refused', line, reason: 'it is not UTF-8' };
    }
  }
}
