import { headerFault, inflated, MOST_BYTES, TOLERANCE } from './documented-batch.ts';
import { DOCUMENTED_STATUSES } from './documented-statuses.ts';
import { headOf, type RawRequest } from './raw-http.ts';
import { digestOf } from './spoof-batch.ts';
import { judgeSignature, type KnownMaster } from './spoof-oracle-signature.ts';
import { judgeAuthorization, type KnownIssuer, type KnownPrincipal } from './spoof-oracle-token.ts';

// What design §3.2 says of a request, written down a second time from its words alone. The product must agree with it.

/** How a request must be answered, and the code that its audit line must have. */
export interface Expected {
  readonly by: 'gateway' | 'ingest';
  readonly status: number;
  /** Of the one audit line that has one; none where a batch is stored, or where no function was asked. */
  readonly code?: string;
  /** Who the caller is, where that is proven. */
  readonly principal?: string;
}

/** What the judge knows of the system. */
export interface Known {
  readonly host: string;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly issuer: KnownIssuer;
  readonly principals: readonly KnownPrincipal[];
  readonly streams: readonly string[];
  readonly masters: readonly KnownMaster[];
  /** Authorizations that were accepted before: their answer is kept, though the token has expired since. */
  readonly accepted: ReadonlySet<string>;
}

const HEAD_LIMIT = 10_240;
const MOST_ROWS = 10_000;

export function judge(request: RawRequest, known: Known): Expected {
  const gateway = (status: number): Expected => ({ by: 'gateway', status });
  // RFC 9110 §5.5 and §5.6.2: no control byte but the tab in a value, no blank in a name.
  if (request.headers.some(([name, value]) => /[^!#$%&'*+.^_`|~0-9A-Za-z-]/.test(name) || hasControlByte(value)))
    return gateway(400);
  if (headOf(request, known.host).length > HEAD_LIMIT) return gateway(431);
  const stream = streamIn(request);
  if (stream === undefined) return gateway(404);
  const headers = headersOf(request);
  const authorization = headers.get('authorization') ?? '';
  if (authorization === '') return gateway(401);
  const asked = known.accepted.has(authorization) ? { ...known, now: undefined } : known;
  const identity = judgeAuthorization(authorization, asked);
  if ('code' in identity) return { by: 'gateway', status: 403, code: identity.code };
  const principal = identity.principal.name;
  const code = judgeBatch(request, headers, stream, identity, known);
  if (code === undefined) return { by: 'ingest', status: 200, principal };
  return { by: 'ingest', status: DOCUMENTED_STATUSES[code] ?? 0, code, principal };
}

function hasControlByte(value: string): boolean {
  return Buffer.from(value, 'latin1').some((byte) => (byte < 0x20 && byte !== 0x09) || byte === 0x7f);
}

/** The stream of the one route, its name decoded; undefined where there is no such route. */
function streamIn({ method, target }: RawRequest): string | undefined {
  const path = decodeURIComponent(target.split('?')[0] ?? '');
  const [, stream] = /^\/v1\/streams\/([^/]+)\/batches$/.exec(path) ?? [];
  return method === 'POST' ? stream : undefined;
}

/** As the gateway hands them over: names in lower case, what is sent twice joined with a comma, blanks around a value gone. */
function headersOf(request: RawRequest): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  for (const [sentName, sent] of request.headers) {
    const name = sentName.toLowerCase();
    const value = sent.replace(/^[ \t]+|[ \t]+$/g, '');
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return joined;
}

/** The first failure answers, in the order of §3.2. */
function judgeBatch(
  { body }: RawRequest,
  headers: ReadonlyMap<string, string>,
  stream: string,
  { principal, exp, token }: { readonly principal: KnownPrincipal; readonly exp: number; readonly token: string },
  known: Known,
): string | undefined {
  const header = (name: string): string => headers.get(name) ?? '';
  const fault = headerFault(headers);
  if (fault !== undefined) return fault;

  const type = header('content-type').toLowerCase();
  const media = /^application\/(json|x-ndjson)([ \t]*;[ \t]*charset=("utf-8"|utf-8))*$/.exec(type)?.[1];
  if (media === undefined) return 'MEDIA_TYPE_UNSUPPORTED';
  const encoding = headers.get('content-encoding');
  // JSON is a text type to the gateway: what is compressed has not come through it. Of an empty body it hands nothing over.
  const intact = media !== 'json' && body.length > 0;
  if (encoding !== undefined && (encoding !== 'gzip' || !intact)) return 'ENCODING_UNSUPPORTED';
  const sent = media === 'json' ? Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)) : body;
  if (sent.length > MOST_BYTES) return 'BODY_TOO_LARGE';
  if (known.now >= exp + TOLERANCE || principal.revoked) return 'TOKEN_EXPIRED';
  if (digestOf(sent) !== header('content-digest')) return 'DIGEST_MISMATCH';
  const signature = judgeSignature(headers, `/v1/streams/${stream}/batches`, token, known);
  if (signature !== undefined) return signature;
  const { writes } = principal;
  if (writes === undefined) return 'POLICY_DENIED';
  if (!known.streams.includes(stream)) return 'STREAM_UNKNOWN';
  const below = header('edge-source').startsWith(writes.sources) && header('edge-source') !== writes.sources;
  if (writes.stream !== stream || !below) return 'POLICY_DENIED';
  return judgeRows(sent, media, encoding, Number(header('edge-batch-rows')));
}

function judgeRows(sent: Buffer, media: string, encoding: string | undefined, declared: number): string | undefined {
  const plain = encoding === undefined ? sent : inflated(sent);
  if (plain === undefined) return 'BODY_MALFORMED';
  if (plain.length > Math.min(20_000_000, encoding === undefined ? Number.POSITIVE_INFINITY : sent.length * 100)) {
    return 'INFLATE_LIMIT';
  }
  const rows = rowsIn(plain, media);
  if (rows === undefined) return 'BODY_MALFORMED';
  if (rows.length === 0) return 'ROWS_EMPTY';
  if (rows.length > MOST_ROWS) return 'ROWS_TOO_MANY';
  if (rows.length !== declared) return 'HEADER_MISMATCH';
  return rows.some(isGoodRow) ? undefined : 'ROWS_REFUSED';
}

function rowsIn(plain: Buffer, media: string): readonly unknown[] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
    const lines = text.split('\n').filter((line) => !/^[ \t\r]*$/.test(line));
    const rows: unknown = media === 'json' ? JSON.parse(text) : lines.map((line) => JSON.parse(line));
    return Array.isArray(rows) ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** Of the columns that the matrix uses; it changes nothing inside a time. */
function isGoodRow(row: unknown): boolean {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return false;
  const { event_time: time, path, status = null, ...others }: Readonly<Record<string, unknown>> = { ...row };
  const goodStatus = status === null || (Number.isInteger(status) && Number(status) >= 0 && Number(status) <= 65_535);
  return Object.keys(others).length === 0 && typeof time === 'string' && typeof path === 'string' && goodStatus;
}
