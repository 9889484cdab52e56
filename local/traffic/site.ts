import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { closeServer, listen } from '../listen.ts';

/** Request header by which a replayed log asks for the response it has: `200 1436`, or `304 -` for one without a length. */
export const REPLAYED_RESPONSE = 'x-replayed-response';

const PAGE = '<!doctype html><title>A page</title><p>A page of the site behind the edge.\n';
const ZEROS = Buffer.alloc(65_536);

/** The web site behind the edge: a page for every path, or what a replayed log says was answered. */
export async function startSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response).catch(() => response.destroy());
  });
  return { url: await listen(server, 0), close: () => closeServer(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, status, bytes] = /^([2-5]\d\d) (\d{1,12}|-)$/.exec(String(request.headers[REPLAYED_RESPONSE])) ?? [];
  if (status === undefined) {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(PAGE);
    return;
  }
  const length = bytes === '-' ? 0 : Number(bytes);
  response.writeHead(Number(status), bytes === '-' ? {} : { 'content-length': length });
  if (request.method === 'HEAD') response.end();
  else await pipeline(Readable.from(zeros(length)), response);
}

function* zeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= ZEROS.length) yield left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left);
}
