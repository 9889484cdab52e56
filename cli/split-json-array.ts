import { RowBuffer } from '../local/log/row-buffer.ts';
import type { RowText } from '../local/log/row-input.ts';

const SPACE = new Set([...' \t\r\n'].map(code));
const BOM = new Set([0xef, 0xbb, 0xbf]);
const [LF, QUOTE, BACKSLASH, COMMA] = [code('\n'), code('"'), code('\\'), code(',')];
const [OPEN_ARRAY, CLOSE_ARRAY] = [code('['), code(']')];
const OPEN = new Set([...'[{'].map(code));
const CLOSE = new Set([...']}'].map(code));

function code(char: string): number {
  return char.charCodeAt(0);
}

/**
 * The elements of one JSON array, each with the line it begins on. It finds only where elements end and holds no more than
 * one; whether an element is JSON is for the caller to see. Where the array itself is broken, one refusal says so and ends it.
 *
 * It works on bytes: none of a multi-byte UTF-8 character is one of the ASCII characters it looks for.
 */
export async function* splitJsonArray(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<RowText> {
  const buffer = new RowBuffer(longest);
  let state: 'before' | 'inside' | 'after' = 'before';
  let line = 1;
  let startLine = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let elements = 0;

  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === LF) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (state !== 'inside') {
        if (SPACE.has(byte) || (state === 'before' && BOM.has(byte))) continue;
        if (state === 'after' || byte !== OPEN_ARRAY) {
          yield refused(line, state === 'after' ? 'there is more after the array' : 'the input is not a JSON array');
          return;
        }
        state = 'inside';
        from = at + 1;
        continue;
      }
      if (buffer.empty && from === at && SPACE.has(byte)) {
        from = at + 1;
        continue;
      }
      if (buffer.empty && from === at) startLine = line;
      if (byte === QUOTE) inString = true;
      else if (OPEN.has(byte)) depth++;
      else if (CLOSE.has(byte) && depth > 0) depth--;
      else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
        if (from < at) buffer.push(chunk.subarray(from, at));
        const isEmptyArray = byte === CLOSE_ARRAY && elements === 0 && buffer.empty;
        if (!isEmptyArray) yield buffer.take(startLine);
        elements++;
        from = at + 1;
        if (byte === CLOSE_ARRAY) state = 'after';
      }
    }
    if (state === 'inside' && from < chunk.length) buffer.push(chunk.subarray(from));
  }
  if (state === 'before') yield refused(line, 'the input is not a JSON array');
  if (state === 'inside') yield refused(line, 'the array has no end');
}

function refused(line: number, reason: string): RowText {
  return { kind: 'refused', line, reason };
}
