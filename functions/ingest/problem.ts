import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { BATCH_CODES } from '../shared/codes.ts';
import type { Receipt } from './receipt.ts';

const DOCS = 'https://github.com/edgehouse/edgehouse/blob/main/docs/errors.md#';
/** Seconds after which a batch that could not be stored is worth sending again. */
const RETRY_AFTER_SECONDS = 5;

/** Answers a refusal as problem+json (RFC 9457). Whatever is not a refusal is a fault of ours: not stored, send again. */
export function problemResponse(
  error: unknown,
  requestId: string,
  receipt?: Receipt,
): APIGatewayProxyStructuredResultV2 {
  const refusal = asRefusal(error);
  const { status, title, next, retryable } = BATCH_CODES[refusal.code];
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      'edgehouse-request-id': requestId,
      ...(retryable ? { 'retry-after': String(refusal.retryAfterSeconds ?? RETRY_AFTER_SECONDS) } : {}),
    },
    body: JSON.stringify({
      type: `${DOCS}${refusal.code.toLowerCase()}`,
      title,
      status,
      detail: refusal.message,
      code: refusal.code,
      next,
      requestId,
      ...receipt,
    }),
  };
}

/** The refusal that a caller sees for whatever was thrown. */
export function asRefusal(error: unknown): BatchRefusedError {
  if (error instanceof BatchRefusedError) return error;
  return new BatchRefusedError(
    'UNAVAILABLE',
    'The batch could not be stored now; nothing of it is lost if it is sent again.',
    {
      cause: error,
    },
  );
}
