import { createHash, createHmac } from 'node:crypto';
import type { EdgegridCredential } from './edgegrid-credential.ts';

export interface EdgegridRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  /** Text goes out as UTF-8. */
  readonly body: string | Uint8Array;
}

/** What makes a signature good for one request at one time: Akamai refuses both used twice, and a time 30 s away from its own. */
export interface EdgegridMoment {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Unique to the request; without `;`. */
  readonly nonce: string;
}

/** Only so much of a body is signed. */
const MOST_SIGNED_BYTES = 131_072;

/**
 * The `Authorization` header of a request to Akamai's APIs: EG1-HMAC-SHA256, no signed headers. Only the body of a POST is
 * signed; that of a PUT is protected by TLS alone (techdocs.akamai.com/developer/docs/edgegrid).
 */
export function signEdgegrid(
  { method, url, body }: EdgegridRequest,
  { clientToken, clientSecret, accessToken }: Omit<EdgegridCredential, 'origin'>,
  { time, nonce }: EdgegridMoment,
): string {
  const timestamp = edgegridTime(time);
  const parameters =
    `EG1-HMAC-SHA256 client_token=${clientToken};access_token=${accessToken};` +
    `timestamp=${timestamp};nonce=${nonce};`;
  const signedHeaders = '';
  const data = [
    method,
    url.protocol.slice(0, -1),
    url.host,
    url.pathname + url.search,
    signedHeaders,
    method === 'POST' ? bodyHash(body) : '',
    parameters,
  ].join('\t');
  // The key is the base64 text itself, not its bytes.
  return `${parameters}signature=${hmac(hmac(clientSecret, timestamp), data)}`;
}

/** `yyyyMMddTHH:mm:ss+0000` */
function edgegridTime(time: number): string {
  const [day, clock] = new Date(time).toISOString().split(/T|\.\d+Z/);
  return `${day?.replaceAll('-', '')}T${clock}+0000`;
}

function bodyHash(body: string | Uint8Array): string {
  const bytes = (typeof body === 'string' ? Buffer.from(body) : body).subarray(0, MOST_SIGNED_BYTES);
  return bytes.length === 0 ? '' : createHash('sha256').update(bytes).digest('base64');
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}
