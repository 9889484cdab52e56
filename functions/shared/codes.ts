/**
 * Every way a batch as a whole can be refused by ingest: one word in response, log, metric and audit line.
 * `docs/errors.md` explains the same table; a test holds the two together.
 */
export const BATCH_CODES = {
  HEADER_MISSING: refusal(400, 'Required header missing', 'Send every header of the batch contract with each batch.'),
  HEADER_MALFORMED: refusal(400, 'Header malformed', 'Correct the value; an Edge header may be sent once only.'),
  HEADER_MISMATCH: refusal(400, 'Header differs from body', 'Set Edge-Batch-Rows to the number of rows in the body.'),
  DIGEST_MISMATCH: refusal(400, 'Digest differs from body', 'Digest the bytes as sent, after compression.'),
  BODY_MALFORMED: refusal(400, 'Body malformed', 'Send a body that parses as its content type in UTF-8.'),
  ROWS_EMPTY: refusal(400, 'No rows', 'Do not send a batch without rows.'),
  TOKEN_EXPIRED: refusal(401, 'Token expired', 'Read the current token and send the same batch again.'),
  BATCH_SIGNATURE_INVALID: refusal(
    401,
    'Batch signature invalid',
    'Sign exactly the contract’s components with the key that belongs to this token, or to this principal.',
  ),
  BATCH_SIGNATURE_STALE: refusal(401, 'Batch signature stale', 'Correct the clock and sign the same batch again.'),
  POLICY_DENIED: refusal(403, 'Denied by policy', 'Have the policy allow this principal, stream and source.'),
  STREAM_UNKNOWN: refusal(404, 'Stream unknown', 'Use a stream of the configuration.'),
  BODY_TOO_LARGE: refusal(413, 'Body too large', 'Split the batch.'),
  INFLATE_LIMIT: refusal(413, 'Inflated body too large', 'Split the batch before compressing it.'),
  ROWS_TOO_MANY: refusal(413, 'Too many rows', 'Split the batch.'),
  MEDIA_TYPE_UNSUPPORTED: refusal(
    415,
    'Media type unsupported',
    'Send application/json, application/x-ndjson or text/csv.',
  ),
  ENCODING_UNSUPPORTED: refusal(415, 'Content encoding unsupported', 'Send gzip only as application/x-ndjson.'),
  ROWS_REFUSED: refusal(422, 'No row fits the stream', 'Correct the rows by errors[]; they are kept in quarantine.'),
  RATE_LIMITED: refusal(429, 'Too many batches', 'Wait as Retry-After says and send the same batch again.', true),
  UNAVAILABLE: refusal(503, 'Not stored', 'Send the same batch, with the same id and body, again later.', true),
} as const satisfies Record<string, Refusal>;

export type BatchCode = keyof typeof BATCH_CODES;

/** Why an identity is refused. The caller sees an opaque 403 of the gateway; the code is in the audit line. */
export const IDENTITY_CODES = [
  'TOKEN_MISSING',
  'TOKEN_MALFORMED',
  'TOKEN_EXPIRED',
  'TOKEN_NOT_YET_VALID',
  'SIGNATURE_INVALID',
  'KEY_UNKNOWN',
  'ISSUER_UNKNOWN',
  'AUDIENCE_MISMATCH',
  'TYPE_MISMATCH',
  'CERTIFICATE_MISSING',
  'CERTIFICATE_DENIED',
  'POLICY_DENIED',
] as const;

export type IdentityCode = (typeof IDENTITY_CODES)[number];

/** Why one row is refused. */
export const ROW_CODES = [
  'ROW_NOT_OBJECT',
  'FIELD_UNKNOWN',
  'FIELD_MISSING',
  'FIELD_TYPE',
  'FIELD_RANGE',
  'FIELD_RESERVED',
  'ROW_TOO_LARGE',
  'ROW_UNSTORABLE',
] as const;

export type RowCode = (typeof ROW_CODES)[number];

interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly next: string;
  /** Whether sending the same batch unchanged can succeed later. */
  readonly retryable: boolean;
}

function refusal(status: number, title: string, next: string, retryable = false): Refusal {
  return { status, title, next, retryable };
}
