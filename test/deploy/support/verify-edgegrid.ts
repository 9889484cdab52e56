import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

// Akamai's side of EdgeGrid, from its documents (techdocs.akamai.com/developer/docs/edgegrid) and not from our signer.

/** The API client that a request has to come from. */
export interface EdgegridClient {
  readonly clientToken: string;
  readonly clientSecret: string;
  readonly accessToken: string;
}

export interface SignedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The header `Host`. */
  readonly host: string;
  /** With its query. */
  readonly path: string;
  /** The header `Authorization`. */
  readonly authorization: string;
  /** Of a POST, the only method whose body is signed. */
  readonly body?: Uint8Array;
}

const HEADER =
  /^(EG1-HMAC-SHA256 client_token=([^;]+);access_token=([^;]+);timestamp=([^;]+);nonce=([^;]+);)signature=(.+)$/;
const TIMESTAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d:\d\d:\d\d)\+0000$/;
const MOST_SKEW_MS = 30_000;
/** Of a body, only its beginning is signed. */
const MOST_SIGNED_BYTES = 131_072;

/**
 * Says why a request is to be refused, or nothing where its signature is right.
 *
 * @param now milliseconds since the epoch
 * @param used nonces of requests before this one; that of a good request is added
 */
export function edgegridFault(
  request: SignedRequest,
  client: EdgegridClient,
  now: number,
  used: Set<string>,
): string | undefined {
  const parts = HEADER.exec(request.authorization);
  if (parts === null) return 'the header is not of the form EG1-HMAC-SHA256';
  const [, signed = '', clientToken, accessToken, timestamp = '', nonce = '', signature = ''] = parts;
  if (clientToken !== client.clientToken || accessToken !== client.accessToken) return 'another client';
  const [, year, month, day, time] = TIMESTAMP.exec(timestamp) ?? [];
  const skew = Math.abs(Date.parse(`${year}-${month}-${day}T${time}Z`) - now);
  // Written so that a time that is none is refused too.
  if (!(skew <= MOST_SKEW_MS)) return 'its time is not this time';
  if (used.has(nonce)) return 'a nonce that was used';
  const { method, scheme, host, path, body = new Uint8Array() } = request;
  const begins = body.subarray(0, MOST_SIGNED_BYTES);
  const hash = method !== 'POST' || begins.length === 0 ? '' : createHash('sha256').update(begins).digest('base64');
  const key = createHmac('sha256', client.clientSecret).update(timestamp).digest('base64');
  const data = `${method}\t${scheme}\t${host}\t${path}\t\t${hash}\t${signed}`;
  const expected = Buffer.from(createHmac('sha256', key).update(data).digest('base64'));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'the signature does not fit';
  used.add(nonce);
  return undefined;
}
