import { gzipSync } from 'node:zlib';
import {
  ROWS,
  type Sender,
  type Spoof,
  signed,
  type UnsignedBatch,
  unsignedBatch,
  withBody,
  withHeader,
} from './spoof-batch.ts';

interface Fault {
  readonly code: string;
  readonly sender?: Sender;
  readonly before?: (batch: UnsignedBatch) => UnsignedBatch;
  readonly after?: (batch: UnsignedBatch) => UnsignedBatch;
}

const LINE = `${JSON.stringify(ROWS[0])}\n`;

/** One fault for each code, in the order in which §3.2 wants them told. @param expired whose token has expired since it was last taken */
function faults(expired: Sender, other: Sender): readonly Fault[] {
  const zipped = (text: string | Buffer, rows: number) => (batch: UnsignedBatch) =>
    withHeader(withBody(batch, gzipSync(text)), 'edge-batch-rows', String(rows));
  return [
    { code: 'HEADER_MISSING', after: (batch) => withHeader(batch, 'edge-source') },
    { code: 'HEADER_MALFORMED', before: (batch) => withHeader(batch, 'edge-batch-id', 'seven') },
    { code: 'MEDIA_TYPE_UNSUPPORTED', before: (batch) => withHeader(batch, 'content-type', 'text/plain') },
    { code: 'ENCODING_UNSUPPORTED', before: (batch) => withHeader(batch, 'content-encoding', 'br') },
    { code: 'BODY_TOO_LARGE', before: (batch) => withBody(batch, Buffer.alloc(4_500_001, ' ')) },
    { code: 'TOKEN_EXPIRED', sender: expired },
    { code: 'DIGEST_MISMATCH', after: (batch) => ({ ...batch, body: Buffer.concat([batch.body, Buffer.of(0)]) }) },
    { code: 'BATCH_SIGNATURE_INVALID', before: (batch) => ({ ...batch, key: Buffer.alloc(32) }) },
    { code: 'BATCH_SIGNATURE_STALE', before: (batch) => ({ ...batch, created: batch.created - 301 }) },
    {
      code: 'STREAM_UNKNOWN',
      before: (batch) => ({ ...batch, target: '/v1/streams/nope/batches', signedPath: '/v1/streams/nope/batches' }),
    },
    { code: 'POLICY_DENIED', before: (batch) => withHeader(batch, 'edge-source', other.source) },
    { code: 'INFLATE_LIMIT', before: zipped(Buffer.alloc(1_000_000, '\n'), 1) },
    { code: 'BODY_MALFORMED', before: zipped('{', 1) },
    { code: 'ROWS_EMPTY', before: zipped('\n', 1) },
    { code: 'ROWS_TOO_MANY', before: zipped(`${Array.from({ length: 10_001 }, (_, row) => row).join('\n')}\n`, 1) },
    { code: 'HEADER_MISMATCH', before: (batch) => withHeader(batch, 'edge-batch-rows', '7') },
    { code: 'ROWS_REFUSED', before: zipped('{}\n', 1) },
  ];
}

/** Each fault alone, and with each that comes after it. */
export function faultsInOrder(
  sender: Sender,
  expired: Sender,
  other: Sender,
  now: number,
): readonly (Spoof & { readonly code: string })[] {
  const all = faults(expired, other);
  const batch = (...both: readonly Fault[]): UnsignedBatch => {
    const holder = both.find((fault) => fault.sender !== undefined)?.sender ?? sender;
    const good = unsignedBatch(holder, now, { body: gzipSync(LINE), contentType: 'application/x-ndjson', gzip: true });
    // The earlier fault last: where both change the same, it stands.
    const wrong = both.reduceRight((made, { before }) => before?.(made) ?? made, good);
    return both.reduceRight((made, { after }) => after?.(made) ?? made, signed(wrong));
  };
  return all.flatMap((fault, at) => [
    { name: `${fault.code} alone`, code: fault.code, request: batch(fault) },
    ...all
      .slice(at + 1)
      .map((later) => ({ name: `${fault.code} and ${later.code}`, code: fault.code, request: batch(fault, later) })),
  ]);
}
