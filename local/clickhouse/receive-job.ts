import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { FrontError, SYNTAX_ERROR } from './front-error.ts';
import { type InsertWithData, type Query, readStatement } from './read-statement.ts';
import { bodyToBuffer, bodyToFile, type ContentCoding, contentCoding } from './receive-body.ts';
import { latin1 } from './utf8-text.ts';

/** A request that is ready to run. */
export type Job =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'insert'; readonly insert: InsertWithData; readonly coding: ContentCoding };

/** Reads the statement from URL and body, and puts the data of an insert into a file. */
export async function receiveJob(request: IncomingMessage, query: string, bodyPath: string): Promise<Job> {
  const coding = contentCoding(request);
  const prefix = latin1(query);
  const opening = query === '' ? undefined : readStatement(prefix);
  if (opening?.kind === 'insert') {
    const tail = Buffer.from(prefix.slice(opening.dataStart), 'latin1');
    if (tail.length > 0 && coding !== 'none') {
      throw new FrontError(
        SYNTAX_ERROR,
        'Data in the URL cannot be continued by a compressed body; send all in the body',
      );
    }
    await bodyToFile(tail.length === 0 ? request : Readable.from(joined(tail, request)), bodyPath);
    return { kind: 'insert', insert: opening, coding };
  }
  const body = await bodyToBuffer(request, coding);
  const text = query === '' ? body.toString('latin1') : `${prefix}\n${body.toString('latin1')}`;
  const statement = opening !== undefined && body.length === 0 ? opening : readStatement(text);
  if (statement.kind === 'query') return { kind: 'query', query: statement };
  await bodyToFile(Readable.from([Buffer.from(text.slice(statement.dataStart), 'latin1')]), bodyPath);
  return { kind: 'insert', insert: statement, coding: 'none' };
}

async function* joined(tail: Buffer, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // A server puts a line break between the two.
  yield Buffer.concat([tail, Buffer.from('\n')]);
  yield* body;
}
