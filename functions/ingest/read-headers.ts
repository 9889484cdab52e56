import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import type { AuthKind } from '../shared/identity.ts';
import { trimBlanks } from '../shared/trim-blanks.ts';

/** The batch contract's headers, well formed and trimmed (design §3.2). */
export interface BatchHeaders {
  readonly contentType: string;
  readonly contentEncoding: string | undefined;
  readonly contentDigest: string;
  readonly batchIdAsSent: string;
  /** Lower case: the same UUID is the same batch. */
  readonly batchId: string;
  readonly rowsAsSent: string;
  readonly rows: number;
  readonly source: string;
  readonly signatureInput: string;
  readonly signature: string;
}

const REQUIRED = [
  'content-type',
  'content-digest',
  'edge-batch-id',
  'edge-batch-rows',
  'edge-source',
  'signature-input',
  'signature',
] as const;

const DIGEST = /^sha-256=:[A-Za-z0-9+/]{43}=:$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ROWS = /^(0|[1-9]\d{0,8})$/;
// Visible ASCII without comma: the gateway joins repeated headers with one.
const SOURCE = /^[!-+\--~]{1,256}$/;

/**
 * @param headers lower-cased names, as the gateway hands them over
 * @param auth how the caller proved itself: with a certificate alone it sends no Authorization
 * @throws BatchRefusedError HEADER_MISSING, then HEADER_MALFORMED
 */
export function readHeaders(headers: Readonly<Record<string, string | undefined>>, auth: AuthKind): BatchHeaders {
  const required = auth === 'certificate' ? REQUIRED : ['authorization', ...REQUIRED];
  const missing = required.filter((name) => headers[name] === undefined);
  if (missing.length > 0) throw new BatchRefusedError('HEADER_MISSING', `Missing: ${missing.join(', ')}.`);
  const value = (name: string) => trimBlanks(headers[name] ?? '');

  const contentDigest = shaped(value('content-digest'), 'Content-Digest', DIGEST, 'sha-256=:<base64 of 32 bytes>:');
  const batchIdAsSent = shaped(value('edge-batch-id'), 'Edge-Batch-Id', UUID, 'one UUID');
  const rowsAsSent = shaped(value('edge-batch-rows'), 'Edge-Batch-Rows', ROWS, 'one decimal number');
  const source = shaped(value('edge-source'), 'Edge-Source', SOURCE, 'one name such as ew/12345/1.2.0');
  return {
    contentType: value('content-type'),
    contentEncoding: headers['content-encoding'] === undefined ? undefined : value('content-encoding'),
    contentDigest,
    batchIdAsSent,
    batchId: batchIdAsSent.toLowerCase(),
    rowsAsSent,
    rows: Number(rowsAsSent),
    source,
    signatureInput: value('signature-input'),
    signature: value('signature'),
  };
}

function shaped(value: string, name: string, shape: RegExp, expected: string): string {
  if (shape.test(value)) return value;
  throw new BatchRefusedError('HEADER_MALFORMED', `${name} is not as expected: ${expected}.`);
}
