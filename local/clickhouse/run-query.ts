import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import type { Session, StreamChunk } from 'chdb';
import { describeError } from './describe-error.ts';
import type { Query } from './read-statement.ts';
import { resultFormat } from './result-format.ts';
import { utf8 } from './utf8-text.ts';

export interface QueryAnswer {
  readonly response: ServerResponse;
  readonly defaultFormat: string;
  readonly waitEndOfQuery: boolean;
  readonly gzipAnswer: boolean;
  /** Of the engine, for an error in the middle of a result. */
  readonly version: string;
  /** The value of `X-ClickHouse-Summary`. */
  readonly summary: (read: { readonly rows: number; readonly bytes: number }) => string;
}

const compress = promisify(gzip);
const FAST = { level: 1 };

/** Runs a query and answers with its result. An error before the first row is thrown, for the answer to become an error. */
export async function runQuery(session: Session, { text, verb, format }: Query, answer: QueryAnswer): Promise<void> {
  const name = format ?? answer.defaultFormat;
  const { contentType, streamable } = resultFormat(name);
  const headers = { 'Content-Type': contentType, 'X-ClickHouse-Format': name };
  const sql = utf8(text);
  // The engine streams nothing but SELECT.
  if (streamable && (verb === 'SELECT' || verb === 'WITH') && !answer.waitEndOfQuery) {
    const chunks = session.queryStream(sql, { format: name })[Symbol.asyncIterator]();
    const first = await chunks.next();
    return stream(first, chunks, { ...headers, 'X-ClickHouse-Summary': answer.summary({ rows: 0, bytes: 0 }) }, answer);
  }
  const result = await session.queryAsync(sql, { format: name });
  const bytes = result.bytes();
  const gzipped = answer.gzipAnswer && bytes.length > 0;
  answer.response.writeHead(200, {
    ...headers,
    'X-ClickHouse-Summary': answer.summary({ rows: result.rowsRead, bytes: result.bytesRead }),
    ...(gzipped ? { 'Content-Encoding': 'gzip' } : {}),
  });
  answer.response.end(gzipped ? await compress(bytes, FAST) : bytes);
}

async function stream(
  first: IteratorResult<StreamChunk>,
  chunks: AsyncIterator<StreamChunk>,
  headers: Readonly<Record<string, string>>,
  { response, gzipAnswer, version }: QueryAnswer,
): Promise<void> {
  const tag = randomBytes(8).toString('hex');
  const encoding = gzipAnswer ? { 'Content-Encoding': 'gzip' } : {};
  response.writeHead(200, { ...headers, ...encoding, 'X-ClickHouse-Exception-Tag': tag });
  const body = async function* (): AsyncGenerator<Uint8Array | string> {
    try {
      for (let step = first; step.done !== true; step = await chunks.next()) yield step.value.raw();
    } catch (error) {
      yield exceptionBlock(describeError(error, version).text, tag);
    } finally {
      // Also when the caller left: the engine frees what it holds for the stream.
      await chunks.return?.();
    }
  };
  // Each chunk is flushed: a reader that follows a slow query must see its rows as they come.
  const flushed = { ...FAST, flush: constants.Z_SYNC_FLUSH };
  await (gzipAnswer ? pipeline(body, createGzip(flushed), response) : pipeline(body, response));
}

/** How a server says in the middle of a body that the result broke (`WriteBufferFromHTTPServerResponse.cpp`). */
function exceptionBlock(message: string, tag: string): string {
  return `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`;
}
