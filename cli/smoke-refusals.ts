import { STREAM_LIMITS } from '../config/stream-limits.ts';
import type { BatchRequest } from '../functions/shared/batch-request.ts';
import { gzipped, type Row, type SignBatch, type Trial } from './smoke-batches.ts';

const MOST_ROWS = STREAM_LIMITS.rows;
/** Older than the 300 s that a signature is good for (design §3.2). */
const STALE_SECONDS = 600;

/** Names that no configuration has. */
const OTHER_SOURCE = 'edgehouse-smoke/nobody';
const OTHER_STREAM = 'edgehouse_smoke_unknown';

/**
 * A trial for each refusal that a sender with good credentials can bring about (design §3.2), in the order in which ingest checks. Not
 * among them: an expired token, limits of rate, and that ClickHouse is away.
 *
 * @param otherKey 32 bytes that are nobody's key
 */
export function refusals(sign: SignBatch, row: Row, nowSeconds: number, otherKey: Uint8Array): readonly Trial[] {
  const text = (body: string, rows: number) => sign({ body: Buffer.from(body), rows });
  const trial = (check: string, answer: string, request: BatchRequest): Trial => ({
    check,
    expected: [`ingest ${answer}`],
    request: { method: 'POST', ...request },
  });
  const withHeader = (name: string, value: string | undefined): BatchRequest => {
    const { headers, ...request } = sign();
    const { [name]: _replaced, ...rest } = headers;
    return { ...request, headers: value === undefined ? rest : { ...rest, [name]: value } };
  };
  return [
    trial('a header is missing', '400 HEADER_MISSING', withHeader('content-digest', undefined)),
    trial('a batch id is no UUID', '400 HEADER_MALFORMED', withHeader('edge-batch-id', 'no-uuid')),
    trial('another media type', '415 MEDIA_TYPE_UNSUPPORTED', sign({ contentType: 'text/plain' })),
    trial('another encoding', '415 ENCODING_UNSUPPORTED', withHeader('content-encoding', 'br')),
    trial('too many bytes', '413 BODY_TOO_LARGE', text(' '.repeat(STREAM_LIMITS.bytes + 1), 1)),
    trial('a changed body', '400 DIGEST_MISMATCH', { ...sign(), body: Buffer.from('[]') }),
    trial('another key', '401 BATCH_SIGNATURE_INVALID', sign({ key: otherKey })),
    trial('an old signature', '401 BATCH_SIGNATURE_STALE', sign({ nowSeconds: nowSeconds - STALE_SECONDS })),
    trial('a source of nobody', '403 POLICY_DENIED', sign({ source: OTHER_SOURCE })),
    trial('an unknown stream', '404 STREAM_UNKNOWN', sign({ stream: OTHER_STREAM })),
    trial('a bomb', '413 INFLATE_LIMIT', sign(gzipped('\n'.repeat(STREAM_LIMITS.inflatedBytes + 1)))),
    trial('no JSON', '400 BODY_MALFORMED', text('{', 1)),
    trial('no rows', '400 ROWS_EMPTY', text('[]', 0)),
    trial('too many rows', '413 ROWS_TOO_MANY', text(`[${'0,'.repeat(MOST_ROWS)}0]`, MOST_ROWS + 1)),
    trial('a row more than declared', '400 HEADER_MISMATCH', text(JSON.stringify([row, row]), 1)),
    trial(
      'no row fits',
      '422 quarantined 0 of 1, FIELD_RESERVED',
      text(JSON.stringify([{ ...row, _edgehouse_smoke: 1 }]), 1),
    ),
  ];
}
