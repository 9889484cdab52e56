import { webcrypto } from 'node:crypto';
import { visitorColumns } from '../../../config/edge-columns.ts';
import type { EdgePlatform, HasHeaders, HttpAnswer, HttpRequest } from '../../../edgeworker/src/platform.ts';
import type { EdgeSettings } from '../../../edgeworker/src/settings.ts';

/** The second at which the fake edge stands still. */
export const NOW_SECONDS = 1_763_884_800;

export const SETTINGS: EdgeSettings = {
  apiOrigin: 'https://events-api.example.com',
  stream: 'web_events',
  source: 'ew/12346/1.0.0',
  edgeKv: { namespace: 'edgehouse', group: 'credentials', item: '12346', accessReference: 'reference-1' },
  allowedOrigins: ['https://www.example.com'],
  limits: { maxBodyBytes: 65_536, maxEvents: 500, maxSentChars: 450_000 },
  columns: visitorColumns,
  clientIp: 'truncated',
};

export const ITEM = {
  v: 1,
  token: 'aa.bb.cc',
  key: Buffer.alloc(32, 7).toString('base64url'),
  keyId: '3.Zk1x0c9dQe7hL2sA',
  notBefore: NOW_SECONDS - 60,
  exp: NOW_SECONDS + 3_600,
};

export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeout: number;
}

export interface FakeEdge {
  readonly platform: EdgePlatform;
  readonly sent: readonly SentRequest[];
  readonly warnings: readonly string[];
}

/** Akamai's runtime on Node: real WebCrypto, a clock that stands still, and answers from `answer`, which may throw. */
export function fakeEdge(answer: (request: SentRequest) => HttpAnswer): FakeEdge {
  const sent: SentRequest[] = [];
  const warnings: string[] = [];
  const httpRequest: HttpRequest = async (url, options) => {
    const request = { url, body: undefined, ...options };
    sent.push(request);
    return answer(request);
  };
  const platform: EdgePlatform = {
    httpRequest,
    crypto: webcrypto,
    encodeUtf8: (text) => new TextEncoder().encode(text),
    atob,
    btoa,
    now: () => NOW_SECONDS * 1_000,
    warn: (message) => warnings.push(message),
  };
  return { platform, sent, warnings };
}

/** EdgeKV holds `ITEM`; what is posted gets `ingest`'s answer. */
export function fakeEdgeWithItem(ingest: (request: SentRequest) => HttpAnswer): FakeEdge {
  return fakeEdge((request) => (isEdgeKv(request) ? answerOf(200, JSON.stringify(ITEM)) : ingest(request)));
}

export function isEdgeKv({ url }: SentRequest): boolean {
  return url.startsWith('https://edgekv.akamai-edge-svcs.net/');
}

export function answerOf(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, text: async () => body, ...headersOf(headers) };
}

/** An answer that ingest marked as its own. */
export function ingestAnswer(status: number, body: unknown): HttpAnswer {
  return answerOf(status, JSON.stringify(body), { 'edgehouse-request-id': 'r-1' });
}

/** Headers as Akamai hands them over: by name in any case, as a list. */
export function headersOf(headers: Readonly<Record<string, string>>): HasHeaders {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]));
  return { getHeader: (name) => values.get(name.toLowerCase()) ?? null };
}
