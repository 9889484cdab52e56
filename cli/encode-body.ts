import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** The body of a batch as it is sent. */
export interface EncodedBody {
  readonly body: Uint8Array;
  readonly contentEncoding: 'gzip' | undefined;
}

/** Ingest refuses what inflates to more than this many times its size (design §3.2). */
const MOST_RATIO = 100;

const compress = promisify(gzip);

/** Compresses a body where that is wanted; one that shrinks so far that ingest would take it for a bomb stays as it is. */
export async function encodeBody(body: Uint8Array, wanted: boolean): Promise<EncodedBody> {
  if (!wanted) return { body, contentEncoding: undefined };
  const compressed = await compress(body);
  if (body.length > compressed.length * MOST_RATIO) return { body, contentEncoding: undefined };
  return { body: compressed, contentEncoding: 'gzip' };
}
