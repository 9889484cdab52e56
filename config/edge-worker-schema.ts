import { z } from 'zod';
import {
  DEVICE_MEMBERS,
  GEO_MEMBERS,
  REQUEST_MEMBERS,
  requestColumns,
  responseColumns,
  VISITOR_REQUEST_MEMBERS,
  visitorColumns,
} from './edge-columns.ts';
import { identifier, plainText, strictObject, wholeNumber } from './schema-parts.ts';

export const edgeWorkerId = wholeNumber(1, 2_147_483_647);

/** A variable of the property that an EdgeWorker can read: no other kind of name, and not one that is marked sensitive. */
const variable = z
  .string()
  .regex(/^PMUSER_[A-Z0-9_]{1,100}$/, 'the name of a property variable: PMUSER_ and A-Z, 0-9, _');

/** How names end whose value is the address that `clientIp` decides about, or opens a door. */
const ADDRESS_HEADER = /(^|-)(addr|address|forwarded|forwarded-for|ip)$/;
const CREDENTIAL_HEADER = /(^|-)(apikey|assertion|auth|authorization|cookie|jwt|key|password|secret|token)$/;

const header = z
  .string()
  .regex(/^[a-z0-9-]{1,100}$/, 'the name of a request header in lower case')
  .refine(
    (name) => !ADDRESS_HEADER.test(name) && !CREDENTIAL_HEADER.test(name),
    'a header that holds neither credentials nor an address',
  );

// RFC 6265 §4.1.1: a token.
const cookie = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'the name of a cookie');

const visitorSources = [
  strictObject({ client: z.literal('ip') }),
  strictObject({ geo: z.enum(GEO_MEMBERS) }),
  strictObject({ device: z.enum(DEVICE_MEMBERS) }),
  // Of headers, cookies and variables those that are named here, and no other.
  strictObject({ header }),
  strictObject({ cookie }),
  strictObject({ variable }),
  strictObject({ constant: z.union([plainText(200), z.number(), z.boolean()]) }),
] as const;

const collectorColumns = z.record(
  identifier,
  z.union([...visitorSources, strictObject({ request: z.enum(VISITOR_REQUEST_MEMBERS) })]),
);

const eventColumns = z.record(
  identifier,
  z.union([
    ...visitorSources,
    strictObject({ request: z.enum(REQUEST_MEMBERS) }),
    strictObject({ response: z.enum(['bytes', 'status']) }),
    strictObject({ timing: z.enum(['duration', 'time']) }),
  ]),
);

const edgeWorkerParts = {
  /** Its id at Akamai; one of `edgeWorkerIds`. */
  edgeWorkerId,
  /** The stream that it writes. */
  stream: z.string(),
  /**
   * What the client's address becomes. `truncated`: its network, /24 of IPv4 and /48 of IPv6. `hashWith`: 32 hexadecimal digits of an
   * HMAC-SHA-256, the same for the same address, under the key in a hidden variable of the property (32 characters or more); no value
   * without one. `full`: the address as it is, which is personal data. @default 'truncated'
   */
  clientIp: z
    .union(
      [z.enum(['truncated', 'full']), strictObject({ hashWith: variable })],
      "'truncated', 'full', or { hashWith: the name of a property variable }",
    )
    .default('truncated'),
};

/** What one address may send to the collector: in the long run, and as much at once. Visitors behind one address share it. */
const visitorRate = strictObject({
  /** @default 300 */
  batchesPerMinute: wholeNumber(1, 100_000).default(300),
  /** Of 1024 bytes; one body has up to 64. @default 8192 */
  kilobytesPerMinute: wholeNumber(64, 1_000_000).default(8_192),
});

/** The EdgeWorker that answers `/collect`: its rows are the client's, and these columns the edge's alone. */
export const collectorSchema = strictObject({
  ...edgeWorkerParts,
  /** Where each column's value comes from; columns that the stream has. @default visitorColumns of config/edge-columns.ts */
  columns: collectorColumns.default(visitorColumns),
  /** Best effort: each JavaScript context counts for itself. */
  visitorRate: visitorRate.prefault({}),
}).superRefine(({ columns }, context) => {
  for (const [column, source] of Object.entries(columns)) {
    const expected = whyUnstable(column, source);
    if (expected !== undefined) context.addIssue({ code: 'custom', path: ['columns', column], message: expected });
  }
});

/** Of a request and not of its visitor: two attempts of one batch would differ, and so both be stored. */
const REQUEST_VARIABLES: readonly string[] = ['PMUSER_EVENT_TIME', 'PMUSER_GRN'];

/** What is expected of a collector's column, where a repeated batch could not have it again. */
function whyUnstable(column: string, source: z.output<typeof collectorColumns>[string]): string | undefined {
  if (column === 'request_id') return 'no source: there it is <batch id>/<row>';
  const changes = 'variable' in source && REQUEST_VARIABLES.includes(source.variable);
  return changes ? 'what is the same when a batch is sent again' : undefined;
}

const pathPattern = z.string().regex(/^\/[^*\s]*\*?$/, 'a path, or the beginning of one and a final *');

/** Which requests become an event. All of a visitor's do, or none. */
const samplingSchema = strictObject({
  /** The fraction of visitors whose requests become events, above 0 and at most 1. */
  rate: z.number().positive().max(1),
  /** Who counts as one visitor. Without that header or cookie, and by default: the client's network and user agent. */
  by: z
    .union([strictObject({ cookie }), strictObject({ header })], '{ cookie: its name } or { header: its name }')
    .optional(),
  /** Requests that always become an event, with `sample_rate` 1. */
  always: strictObject({
    /** Those that are answered with this status or a higher one. @default 500 for onClientResponse, which alone knows */
    status: wholeNumber(100, 599).optional(),
    /** Those to these paths. @default [] */
    paths: z.array(pathPattern).default([]),
  }).prefault({}),
  /** The column that gets the kept fraction: a row stands for 1 / `sample_rate` requests. @default 'sample_rate' */
  column: identifier.default('sample_rate'),
});

const HANDLERS = ['onClientResponse', 'onClientRequest'] as const;

/** The EdgeWorker that sends one event for each request of the site. */
export const requestEventsSchema = strictObject({
  ...edgeWorkerParts,
  /** When the event is made: as the answer goes out, or before the cache and the site are asked. @default 'onClientResponse' */
  handler: z.enum(HANDLERS).default('onClientResponse'),
  /**
   * Where each column's value comes from; columns that the stream has. `{ timing: 'duration' }` makes a second handler run, which
   * Akamai bills as well. @default requestColumns of config/edge-columns.ts, and with onClientResponse responseColumns too
   */
  columns: eventColumns.optional(),
  /** @default every request becomes an event */
  sampling: samplingSchema.optional(),
})
  .superRefine(({ handler, columns = {}, sampling }, context) => {
    const refuse = (path: readonly string[], message: string) =>
      context.addIssue({ code: 'custom', path: [...path], message });
    if (handler === 'onClientRequest') {
      for (const [column, source] of Object.entries(columns)) {
        if (needsAnswer(source)) refuse(['columns', column], 'what is known without the answer, or onClientResponse');
      }
      if (sampling?.always.status !== undefined) {
        refuse(
          ['sampling', 'always', 'status'],
          'no status, which onClientRequest cannot know; remove it, or onClientResponse',
        );
      }
    }
    if (sampling !== undefined && Object.hasOwn(columns, sampling.column)) {
      refuse(
        ['columns', sampling.column],
        'no source: sampling writes this column; remove it, or name another in sampling.column',
      );
    }
  })
  .transform(({ columns, sampling, ...worker }) => {
    const late = worker.handler === 'onClientResponse';
    return {
      ...worker,
      columns: columns ?? { ...requestColumns, ...(late ? responseColumns : {}) },
      ...(sampling && { sampling: late ? withErrors(sampling) : sampling }),
    };
  });

function needsAnswer(source: z.output<typeof eventColumns>[string]): boolean {
  return 'response' in source || ('timing' in source && source.timing === 'duration');
}

function withErrors({ always, ...sampling }: z.output<typeof samplingSchema>) {
  return { ...sampling, always: { status: 500, ...always } };
}
