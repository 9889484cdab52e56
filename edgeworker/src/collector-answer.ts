import type { Receipt } from './read-receipt.ts';

/** The collector's own codes; `docs/errors.md` explains them. */
export type CollectorCode = keyof typeof COLLECTOR_PROBLEMS;

export interface CollectorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const DOCS = 'https://github.com/edgehouse/edgehouse/blob/main/docs/errors.md#collector';
/** Seconds. An outage of the service is answered from its spool, so what is seen here is short. */
const RETRY_AFTER = 5;
/** Seconds: the longest that Chromium keeps a preflight's answer. */
const PREFLIGHT_MAX_AGE = '7200';

/** Every refusal of the collector. `retryable`: the same batch, unchanged, can succeed later. */
export const COLLECTOR_PROBLEMS = {
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, title: 'Method not allowed', next: 'Send POST.' },
  ORIGIN_DENIED: {
    status: 403,
    retryable: false,
    title: 'Origin denied',
    next: 'Have edge.allowedOrigins name the origin of this page.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    retryable: false,
    title: 'Media type not supported',
    next: 'Send JSON as application/json or text/plain, or CSV as text/csv, in UTF-8 and not compressed.',
  },
  BODY_TOO_LARGE: { status: 413, retryable: false, title: 'Body too large', next: 'Split the batch.' },
  EVENTS_TOO_MANY: { status: 413, retryable: false, title: 'Too many events', next: 'Split the batch.' },
  BODY_MALFORMED: {
    status: 400,
    retryable: false,
    title: 'Body malformed',
    next: 'Send a JSON array of events, or CSV with a header line.',
  },
  ROWS_EMPTY: { status: 400, retryable: false, title: 'No events', next: 'Do not send a batch without events.' },
  BATCH_ID_MALFORMED: {
    status: 400,
    retryable: false,
    title: 'Batch id malformed',
    next: 'Send one UUID, as header Edge-Batch-Id or in the query as batch, or none.',
  },
  ROWS_REFUSED: {
    status: 422,
    retryable: false,
    title: 'No event fits the stream',
    next: 'Correct the events and send them as a new batch.',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    title: 'Too many batches',
    next: 'Wait as Retry-After says and send the same batch: same id, same body.',
  },
  UNAVAILABLE: {
    status: 503,
    retryable: true,
    title: 'Not stored',
    next: 'Wait as Retry-After says and send the same batch: same id, same body.',
  },
} as const;

/**
 * Answers a refusal as problem+json (RFC 9457).
 *
 * @param detail what was seen and expected
 * @param more the receipt, where ingest gave one; the seconds after which what is retryable has a chance, @default 5
 */
export function problemAnswer(
  code: CollectorCode,
  detail: string,
  { receipt, retryAfter = RETRY_AFTER }: { readonly receipt?: Receipt; readonly retryAfter?: number | undefined } = {},
): CollectorAnswer {
  const { status, retryable, title, next } = COLLECTOR_PROBLEMS[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(code === 'METHOD_NOT_ALLOWED' ? { allow: 'OPTIONS, POST' } : {}),
      ...(retryable ? { 'retry-after': String(retryAfter) } : {}),
    },
    body: JSON.stringify({ type: DOCS, title, status, detail, code, retryable, next, ...receipt }),
  };
}

/** Answers a batch that is kept, stored or spooled. */
export function acceptedAnswer(receipt: Receipt): CollectorAnswer {
  return {
    status: 202,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(receipt),
  };
}

/** Answers a browser that asks whether a page of another origin may post, with a header of ours and a type of its own. */
export function preflightAnswer(): CollectorAnswer {
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, edge-batch-id',
      'access-control-max-age': PREFLIGHT_MAX_AGE,
      'cache-control': 'no-store',
    },
    body: '',
  };
}

/**
 * Lets the pages of an allowed origin read an answer, `Retry-After` included. Credentials: `sendBeacon` sends cookies whether asked to
 * or not, and then a browser takes no answer to its preflight that does not allow them. Nothing here depends on a cookie.
 */
export function allowOrigin({ headers, ...answer }: CollectorAnswer, origin: string): CollectorAnswer {
  const cors = {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after',
    vary: 'Origin',
  };
  return { ...answer, headers: { ...headers, ...cors } };
}
