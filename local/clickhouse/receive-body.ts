import { createWriteStream, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { FrontError, UNKNOWN_COMPRESSION_METHOD } from './front-error.ts';

export type ContentCoding = 'none' | 'gzip' | 'deflate' | 'br' | 'zstd';

// A body up to this size is written with one call: most batches are smaller, and a stream costs more than their writing.
const SMALL_BODY_BYTES = 64 * 1024;

/** @throws FrontError (89) for a coding that the engine cannot read */
export function contentCoding(request: IncomingMessage): ContentCoding {
  const coding = request.headers['content-encoding'] ?? 'none';
  if (coding === 'none' || coding === 'gzip' || coding === 'deflate' || coding === 'br' || coding === 'zstd')
    return coding;
  throw new FrontError(UNKNOWN_COMPRESSION_METHOD, `Unknown HTTP content encoding ${JSON.stringify(coding)}`);
}

/** Writes a body to a file as it came, still compressed. Holds at most 64 KB and one chunk of it. */
export async function bodyToFile(body: Readable, path: string): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  const source: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  for (let next = await source.next(); ; next = await source.next()) {
    if (next.done === true) return writeFileSync(path, Buffer.concat(chunks));
    chunks.push(next.value);
    size += next.value.length;
    if (size > SMALL_BODY_BYTES) break;
  }
  await pipeline(rest(chunks, source), createWriteStream(path, { highWaterMark: 1 << 20 }));
}

/** Reads a whole body: for statements, which are small. */
export async function bodyToBuffer(request: IncomingMessage, coding: ContentCoding): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) chunks.push(chunk);
  };
  const decoder = decompressor(coding);
  await (decoder === undefined ? pipeline(request, collect) : pipeline(request, decoder, collect));
  return Buffer.concat(chunks);
}

async function* rest(chunks: readonly Buffer[], source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

function decompressor(coding: ContentCoding): Transform | undefined {
  switch (coding) {
    case 'none':
      return undefined;
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      return coding satisfies never;
  }
}
