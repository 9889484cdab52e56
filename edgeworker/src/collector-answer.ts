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
const RETRY_AFTER = '5';

/** Every refusal of the collector. */
export const COLLECTOR_PROBLEMS = {
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed', next: 'Send POST.' },
  ORIGIN_DENIED: {
    status: 403,
    title: 'Origin denied',
    next: 'Have edge.allowedOrigins name the origin of this page.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'Media type not supported',
    next: 'Send JSON in UTF-8 as application/json or text/plain.',
  },
  BODY_TOO_LARGE: { status: 413, title: 'Body too large', next: 'Split the batch.' },
  EVENTS_TOO_MANY: { status: 413, title: 'Too many events', next: 'Split the batch.' },
  BODY_MALFORMED: { status: 400, title: 'Body malformed', next: 'Send a JSON array of events.' },
  ROWS_EMPTY: { status: 400, title: 'No events', next: 'Do not send a batch without events.' },
  BATCH_ID_MALFORMED: {
    status: 400,
    title: 'Batch id malformed',
    next: 'Send one UUID, as header Edge-Batch-Id or in the query as batch, or none.',
  },
  ROWS_REFUSED: {
    status: 422,
    title: 'No event fits the stream',
    next: 'Correct the events and send them as a new batch.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'Not stored',
    next: 'Wait as Retry-After says and send the same batch: same id, same body.',
  },
} as const;

/** Answers a refusal as problem+json (RFC 9457). `detail` says what was seen and expected. */
export function problemAnswer(code: CollectorCode, detail: string, receipt?: Receipt): CollectorAnswer {
  const { status, title, next } = COLLECTOR_PROBLEMS[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(code === 'METHOD_NOT_ALLOWED' ? { allow: 'POST' } : {}),
      ...(code === 'UNAVAILABLE' ? { 'retry-after': RETRY_AFTER } : {}),
    },
    body: JSON.stringify({ type: DOCS, title, status, detail, code, next, ...receipt }),
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
