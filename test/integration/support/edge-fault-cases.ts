import type { Reply } from './edge-stub.ts';

/** Where the API is, for an EdgeWorker: the stub, or one of the ways on which a request does not get there. */
export type Way = 'stub' | 'refused' | 'no-post' | 'unknown-host';

export interface FaultCase {
  readonly name: string;
  /** Who fails. */
  readonly at: 'edgeKv' | 'ingest';
  readonly edgeKv: readonly Reply[];
  readonly ingest: readonly Reply[];
  readonly way: Way;
  /** What `/collect` answers. */
  readonly collected: { readonly status: number; readonly code?: string };
  /** Why the event of a page is lost, as the log says it; undefined where it is not. */
  readonly lost?: string;
  /** After the first request nothing is sent for a minute: `Retry-After` asks for 77 s. */
  readonly heldBack: boolean;
  /** What two requests, one after the other, ask of EdgeKV and ingest: reads, and the token of each batch that arrives. */
  readonly asks: { readonly reads: number; readonly tokens: readonly string[] };
}

/** Stands in everything that no visitor may get to see: headers and bodies of ingest, EdgeKV and gateway. */
export const SECRET = 'not-for-visitors';

/** Each read finds another token, so that a batch shows which read it used. */
export const TOKENS = ['aa.first.cc', 'aa.second.cc'] as const;

export function item(token: string, change: Readonly<Record<string, unknown>> = {}): Reply & { kind: 'answer' } {
  const now = Math.floor(Date.now() / 1_000);
  const key = Buffer.alloc(32, 7).toString('base64url');
  const times = { notBefore: now - 60, exp: now + 3_600 };
  // A member that the bundles do not know: they ignore it.
  return edgeKvAnswer(
    200,
    JSON.stringify({ v: 1, token, key, keyId: '3.Zk1x0c9dQe7hL2sA', ...times, later: {}, ...change }),
  );
}

export const GOOD_ITEMS: readonly Reply[] = TOKENS.map((token) => item(token));

export const RECEIPT = {
  batchId: '0193573e-2c00-7a5b-8c1d-0123456789ab',
  stream: 'web_events',
  outcome: 'stored',
  received: 1,
  accepted: 1,
  quarantined: 0,
  errors: [{ row: 0, code: 'FIELD_TYPE', message: SECRET }],
};

export function ingestAnswer(
  status: number,
  body: unknown = { code: 'CODE', detail: SECRET },
): Reply & { kind: 'answer' } {
  return apiAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), MARKED);
}

/** What the gateway says by itself: no request id of ingest. */
export function gatewayAnswer(status: number, body: unknown = { message: SECRET }): Reply {
  return apiAnswer(status, JSON.stringify(body), { 'apigw-requestid': SECRET });
}

const MARKED = { 'edgehouse-request-id': SECRET };
const STORED = ingestAnswer(200, RECEIPT);
const UNAVAILABLE = { status: 503, code: 'UNAVAILABLE' };

/** No fault at all: what all others are compared with. */
export const NO_FAULT: FaultCase = {
  ...ingestCase('', STORED, { collected: { status: 202 } }),
  name: 'nothing fails',
};

export const EDGEKV_FAULTS: readonly FaultCase[] = [
  edgeKvCase('answers 404', edgeKvAnswer(404), 'EdgeKV answered 404'),
  edgeKvCase('answers 403', edgeKvAnswer(403), 'EdgeKV answered 403'),
  edgeKvCase('answers 401', edgeKvAnswer(401), 'EdgeKV answered 401'),
  edgeKvCase('answers 500', edgeKvAnswer(500), 'EdgeKV answered 500'),
  edgeKvCase('answers 204 without a body', { kind: 'answer', status: 204, body: '' }, 'EdgeKV answered 204'),
  edgeKvCase('cuts the connection', { kind: 'cut' }, 'EdgeKV gave no whole answer within 300 ms'),
  edgeKvCase('answers after 2 s', { ...item(TOKENS[0]), afterMs: 2_000 }, 'EdgeKV gave no whole answer within 300 ms'),
  edgeKvCase('never answers', { kind: 'silent' }, 'EdgeKV gave no whole answer within 300 ms'),
  edgeKvCase('stops within its answer', { kind: 'half', status: 200 }, 'EdgeKV gave no whole answer within 300 ms'),
  edgeKvCase('has malformed JSON', edgeKvAnswer(200, '{"v":1,"token":"aa.b'), 'the EdgeKV item is malformed'),
  edgeKvCase('has an empty item', edgeKvAnswer(200, ''), 'the EdgeKV item is malformed'),
  edgeKvCase('has an item without key', item(TOKENS[0], { key: undefined }), 'the EdgeKV item is malformed'),
  edgeKvCase('has a token over two lines', item('aa.bb.cc\r\nx-a: b'), 'the EdgeKV item is malformed'),
  edgeKvCase('has an item over 10 KB', item(TOKENS[0], { more: 'x'.repeat(10_240) }), 'the EdgeKV item is malformed'),
  edgeKvCase('has an item of version 2', item(TOKENS[0], { v: 2 }), 'the EdgeKV item is version unknown'),
  edgeKvCase('has an expired item', item(TOKENS[0], { exp: nowSeconds() - 1 }), 'the EdgeKV item is expired'),
  edgeKvCase(
    'has an item of later',
    item(TOKENS[0], { notBefore: nowSeconds() + 120 }),
    'the EdgeKV item is not yet valid',
  ),
];

export const INGEST_FAULTS: readonly FaultCase[] = [
  ingestCase('spools', ingestAnswer(202, { ...RECEIPT, outcome: 'spooled', accepted: null, quarantined: null }), {
    collected: { status: 202 },
  }),
  ingestCase(
    'puts all into quarantine',
    ingestAnswer(422, { ...RECEIPT, outcome: 'quarantined', accepted: 0, quarantined: 1 }),
    {
      collected: { status: 422, code: 'ROWS_REFUSED' },
      lost: 'ingest answered 422',
    },
  ),
  ingestCase('finds it too large', ingestAnswer(413), {
    collected: { status: 413, code: 'BODY_TOO_LARGE' },
    lost: 'ingest answered 413',
  }),
  ...[400, 429, 500, 503].map((status) =>
    ingestCase(`answers ${status}`, ingestAnswer(status), {
      lost: `ingest answered ${status}`,
      heldBack: asksToWait(status),
    }),
  ),
  ...[401, 403].map((status) =>
    ingestCase(`answers ${status}`, ingestAnswer(status), { lost: `ingest answered ${status}`, refused: true }),
  ),
  ...[401, 403].map((status) =>
    ingestCase(`is behind a gateway that answers ${status}`, gatewayAnswer(status), {
      lost: notIngest(status),
      refused: true,
    }),
  ),
  ...[413, 429, 500, 503].map((status) =>
    ingestCase(`is behind a gateway that answers ${status}`, gatewayAnswer(status), {
      lost: notIngest(status),
      heldBack: asksToWait(status),
    }),
  ),
  ingestCase('is not who answers 200', gatewayAnswer(200, RECEIPT), { lost: notIngest(200) }),
  // An event of a page needs no receipt.
  ingestCase('answers 200 with a broken body', ingestAnswer(200, '{"batchId":')),
  ingestCase('answers 200 with an empty body', ingestAnswer(200, '')),
  ingestCase('answers 422 with a broken body', ingestAnswer(422, '<html>'), { lost: 'ingest answered 422' }),
  ingestCase(
    'answers after 5 s',
    { ...STORED, afterMs: 5_000 },
    { lost: 'ingest gave no whole answer, or not in time' },
  ),
  ingestCase('never answers', { kind: 'silent' }, { lost: 'ingest gave no whole answer, or not in time' }),
  ingestCase(
    'stops within its answer',
    { kind: 'half', status: 200, headers: MARKED },
    { lost: 'ingest gave no whole answer, or not in time' },
  ),
  ingestCase('cuts the connection', { kind: 'cut' }, { lost: 'ingest gave no whole answer, or not in time' }),
  ingestCase('is where nothing listens', STORED, {
    way: 'refused',
    lost: 'ingest gave no whole answer, or not in time',
  }),
  ingestCase('is at a host that is not on Akamai', STORED, {
    way: 'unknown-host',
    lost: notIngest(400),
  }),
  ingestCase('is behind a property without allowPost', STORED, {
    way: 'no-post',
    lost: notIngest(403),
    refused: true,
  }),
];

/** EdgeKV fails from the second read on; the first item is so near its end that each request reads again. */
export const HELD_FAULTS: readonly FaultCase[] = [
  ['answers 500', edgeKvAnswer(500)] as const,
  ['never answers', { kind: 'silent' }] as const,
  ['has malformed JSON', edgeKvAnswer(200, '{')] as const,
  ['has an expired item', item(TOKENS[1], { exp: nowSeconds() - 1 })] as const,
].map(([name, fault]: readonly [string, Reply]) => ({
  ...ingestCase('', STORED, { collected: { status: 202 } }),
  name: `EdgeKV ${name} and the token held is still valid`,
  at: 'edgeKv',
  edgeKv: [item(TOKENS[0], { exp: nowSeconds() + 50 }), fault],
  asks: { reads: 2, tokens: [TOKENS[0], TOKENS[0]] },
}));

function edgeKvCase(name: string, fault: Reply, reason: string): FaultCase {
  return {
    name: `EdgeKV ${name}`,
    at: 'edgeKv',
    edgeKv: [fault],
    ingest: [STORED],
    way: 'stub',
    collected: UNAVAILABLE,
    lost: `no credentials: ${reason}`,
    heldBack: false,
    asks: { reads: 2, tokens: [] },
  };
}

interface IngestCase extends Partial<Pick<FaultCase, 'way' | 'collected' | 'lost' | 'heldBack'>> {
  /** The credentials were refused, so the next request reads EdgeKV again. */
  readonly refused?: boolean;
}

function ingestCase(name: string, fault: Reply, { refused = false, ...rest }: IngestCase = {}): FaultCase {
  const { way = 'stub', heldBack = false } = rest;
  const second = refused ? TOKENS[1] : TOKENS[0];
  const tokens = heldBack ? [TOKENS[0]] : [TOKENS[0], second];
  const asks = { reads: refused ? 2 : 1, tokens: way === 'stub' ? tokens : [] };
  return {
    name: `ingest ${name}`,
    at: 'ingest',
    edgeKv: GOOD_ITEMS,
    ingest: [fault],
    way,
    collected: UNAVAILABLE,
    heldBack,
    asks,
    ...rest,
  };
}

function asksToWait(status: number): boolean {
  return status === 429 || status === 503;
}

function notIngest(status: number): string {
  return `the way to ingest answered ${status}: look at the property and at the gateway's log`;
}

function edgeKvAnswer(status: number, body = JSON.stringify({ detail: SECRET })): Reply & { kind: 'answer' } {
  return { kind: 'answer', status, headers: { 'content-type': 'application/json', 'x-trace-id': SECRET }, body };
}

function apiAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): Reply & { kind: 'answer' } {
  const own = { 'set-cookie': SECRET, 'x-own': SECRET, 'retry-after': '77', 'content-type': 'text/html' };
  return { kind: 'answer', status, headers: { ...own, ...headers }, body };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
