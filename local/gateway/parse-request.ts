import type { APIGatewayEventClientCertificate } from 'aws-lambda';

/** A request as it came off the wire, read whole: API Gateway streams no request to a Lambda function. */
export interface WireRequest {
  readonly method: string;
  /** The request target as sent. */
  readonly target: string;
  /** `1.1` */
  readonly httpVersion: string;
  /** Name, value, name, value …, in the order and case as sent (Node's `rawHeaders`). */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  /** Of the connection. @default it has none */
  readonly clientCertificate?: APIGatewayEventClientCertificate | undefined;
  readonly body: Uint8Array;
}

/** The parts of a request that events are made of. */
export interface ParsedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly sourceIp: string;
  /** Decoded: HTTP APIs hand over `rawPath` and `http.path` without percent-encoding (honojs/hono issue 2156). */
  readonly path: string;
  /** As sent, without `?` (ministackorg/ministack issue 1035: AWS keeps it encoded). */
  readonly rawQueryString: string;
  /** Decoded; values of one name joined with a comma (see `parseHeaders` for the source). */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly clientCertificate?: APIGatewayEventClientCertificate;
  readonly body: Uint8Array;
}

/**
 * API Gateway quota: "Total combined size of request line and header values", 10,240 bytes (http-api-quotas).
 * Whether header names count is not documented; they are counted here, so what passes here passes there.
 */
export const HEAD_LIMIT_BYTES = 10_240;

/** These belong to one connection, not to the request (RFC 9110 §7.6.1); the gateway ends the connection. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Bytes of the request line and the header lines as they stood on the wire. */
export function headBytes(request: Omit<WireRequest, 'body'>): number {
  let bytes = Buffer.byteLength(`${request.method} ${request.target} HTTP/${request.httpVersion}\r\n`, 'latin1');
  for (const part of request.rawHeaders) bytes += part.length + 2; // ': ' after a name, CR LF after a value
  return bytes;
}

/**
 * @returns undefined for a target that is not a path (or an absolute URL), for broken percent-encoding, and without
 *   exactly one Host header (RFC 9112 §3.2)
 */
export function parseRequest(request: WireRequest): ParsedRequest | undefined {
  // RFC 9112 §3.2.2: a server must accept the absolute form too.
  const target = request.target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  if (!target.startsWith('/')) return undefined;
  const mark = target.indexOf('?');
  const path = decodePath(mark === -1 ? target : target.slice(0, mark));
  if (path === undefined) return undefined;
  const rawQueryString = mark === -1 ? '' : target.slice(mark + 1);
  const { headers, cookies } = parseHeaders(request.rawHeaders);
  const host = headers.get('host') ?? '';
  if (host === '' || host.includes(',')) return undefined;
  // Chunked bodies have no length on the wire; the gateway, which buffers them, states it (aws/aws-lambda-dotnet
  // test tool, written against the live service).
  headers.set('content-length', String(request.body.byteLength));
  return {
    method: request.method,
    protocol: `HTTP/${request.httpVersion}`,
    sourceIp: request.remoteAddress.replace(/^::ffff:/, ''),
    path,
    rawQueryString,
    query: Object.fromEntries(joinDuplicates(new URLSearchParams(rawQueryString))),
    headers: Object.fromEntries(headers),
    cookies,
    ...(request.clientCertificate !== undefined && { clientCertificate: request.clientCertificate }),
    body: request.body,
  };
}

/**
 * Developer guide, "Create AWS Lambda proxy integrations for HTTP APIs": names are lower-cased, "Duplicate headers are
 * combined with commas" (its example: `"header2": "value1,value2"`, so without a space), and cookies have a member
 * of their own in format 2.0.
 */
function parseHeaders(raw: readonly string[]): { headers: Map<string, string>; cookies: readonly string[] } {
  const pairs: [string, string][] = [];
  const cookies: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    if (name === 'cookie')
      cookies.push(
        ...value
          .split(';')
          .map((cookie) => cookie.trim())
          .filter((cookie) => cookie !== ''),
      );
    else if (!HOP_BY_HOP.has(name)) pairs.push([name, value]);
  }
  return { headers: joinDuplicates(pairs), cookies };
}

function joinDuplicates(pairs: Iterable<readonly [string, string]>): Map<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return joined;
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
