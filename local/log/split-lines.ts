import { RowBuffer } from './row-buffer.ts';
import type { RowText } from './row-input.ts';

const LF = 0x0a;

/**
 * The lines of a byte stream, numbered from 1, without line end (LF or CRLF) and without those that are blank. No more than
 * one line is held; one of more than `longest` bytes is refused and passed over.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<RowText> {
  const buffer = new RowBuffer(longest);
  let line = 1;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      buffer.push(chunk.subarray(from, end));
      const row = trimmed(buffer.take(line));
      if (row !== undefined) yield row;
      from = end + 1;
      line++;
    }
    if (from < chunk.length) buffer.push(chunk.subarray(from));
  }
  const last = trimmed(buffer.take(line));
  if (last !== undefined) yield last;
}

function trimmed(row: RowText): RowText | undefined {
  if (row.kind === 'refused') return row;
  const start = row.line === 1 && row.text.startsWith('\uFEFF') ? 1 : 0;
  const end = row.text.endsWith('\r') ? row.text.length - 1 : row.text.length;
  const text = row.text.slice(start, end);
  return text.trim() === '' ? undefined : { ...row, text };
}
