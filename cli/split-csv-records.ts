import { RowBuffer } from '../local/log/row-buffer.ts';
import type { RowText } from '../local/log/row-input.ts';

const [LF, CR, QUOTE, COMMA] = [0x0a, 0x0d, 0x22, 0x2c];
const BOM = [0xef, 0xbb, 0xbf];

/** Where in a record the reader is. `closed` is behind a quote that ends its field, or is the first of two. */
type Place = 'start' | 'plain' | 'quoted' | 'closed' | 'carriage return';

/**
 * The records of CSV, the header among them, as they are written, each with the line it begins on and without its line end (LF or CRLF).
 * Blank lines are left out. It holds no more than one record; what the fields are is for ingest to see, whose rules these are
 * (docs/formats.md). Where it is in doubt where a record ends, one refusal says so and ends it.
 *
 * It works on bytes: none of a multi-byte UTF-8 character is one of the ASCII characters it looks for.
 */
export async function* splitCsvRecords(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<RowText> {
  const buffer = new RowBuffer(longest);
  let place: Place = 'start';
  let [line, startLine, bytesRead] = [1, 1, 0];

  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++, bytesRead++) {
      const byte = chunk[at] ?? 0;
      if (bytesRead < BOM.length && byte === BOM[bytesRead]) continue;
      if (byte === LF) line++;
      if (byte === LF && place !== 'quoted') {
        buffer.push(chunk.subarray(from, at));
        yield* recordOf(buffer, startLine);
        [place, from, startLine] = ['start', at + 1, line];
        continue;
      }
      const next = step(place, byte);
      if (typeof next === 'object') return yield { kind: 'refused', line, reason: ended(next.doubt) };
      place = next;
    }
    if (from < chunk.length) buffer.push(chunk.subarray(from));
  }
  const doubt = place === 'quoted' ? UNCLOSED : place === 'carriage return' ? LONE : undefined;
  if (doubt !== undefined) return yield { kind: 'refused', line: startLine, reason: ended(doubt) };
  yield* recordOf(buffer, startLine);
}

const LONE = 'a carriage return without a line feed';
const UNCLOSED = 'a quote that is never closed';

/** @returns where that byte leads, or why it is in doubt; line feeds outside quotes have been seen to */
function step(place: Place, byte: number): Place | { readonly doubt: string } {
  if (place === 'quoted') return byte === QUOTE ? 'closed' : 'quoted';
  if (place === 'carriage return') return { doubt: LONE };
  if (byte === COMMA) return 'start';
  if (byte === CR) return 'carriage return';
  if (byte === QUOTE) return place === 'plain' ? { doubt: 'a quote inside a field without quotes' } : 'quoted';
  return place === 'closed' ? { doubt: 'text behind a closing quote' } : 'plain';
}

function* recordOf(buffer: RowBuffer, line: number): Generator<RowText> {
  const record = buffer.take(line);
  if (record.kind === 'refused') return yield record;
  const start = line === 1 && record.text.startsWith('\uFEFF') ? 1 : 0;
  const text = record.text.slice(start, record.text.endsWith('\r') ? -1 : undefined);
  // A field in quotes may end in such a character, but then its quote stands behind.
  if (text !== '') yield { kind: 'text', line, text };
}

function ended(doubt: string): string {
  return `${doubt}; nothing from here on was read`;
}
