import { createHash, randomUUID } from 'node:crypto';
import type { IngestEvent } from '../../../functions/ingest/ingest-state.ts';
import { deriveBatchKey } from '../../../functions/shared/batch-key.ts';
import { batchRequest } from '../../../functions/shared/batch-request.ts';
import { contentDigest } from '../../../functions/shared/batch-signature.ts';
import { deduplicationKey } from '../../../functions/shared/deduplication-key.ts';
import type { VersionedKey } from '../../../functions/shared/versioned-keys.ts';
import { authorizedEvent } from '../../../local/gateway/gateway-events.ts';
import { type BatchFormat, type FormattedBody, formatRows } from './batch-formats.ts';

/** A batch as its sender keeps it until it is told that it is stored or spooled. */
export interface TestBatch extends FormattedBody {
  readonly id: string;
  readonly stream: string;
  readonly rows: number;
  /** Name of its object, should it be spooled. */
  readonly spoolName: string;
  readonly key: string;
}

const PRINCIPAL = 'web-edge';
export const BEARER_TOKEN = `test.${'x'.repeat(700)}.token`;
export const SIGNING_MASTER: VersionedKey = { version: 1, key: Buffer.alloc(32, 1) };
export const BATCH_KEY = deriveBatchKey(SIGNING_MASTER, BEARER_TOKEN);

export interface BatchOptions {
  /** @default 'web_events' */
  readonly stream?: string;
  /** @default 'json' */
  readonly format?: BatchFormat;
}

/** @param rows as an EdgeWorker makes them, good or bad */
export function makeBatch(
  rows: readonly unknown[],
  { stream = 'web_events', format = 'json' }: BatchOptions = {},
): TestBatch {
  const id = randomUUID();
  const formatted = formatRows(rows, format);
  const digest = contentDigest(createHash('sha256').update(formatted.body).digest());
  const key = deduplicationKey(PRINCIPAL, stream, id, digest);
  return { ...formatted, id, stream, rows: rows.length, key, spoolName: `spool/${key}` };
}

/** The event by which the gateway hands the batch to ingest, signed now. Sent again, it is another request with the same batch. */
export function eventOf(batch: TestBatch, nowMs: number): IngestEvent {
  const { id, stream, body, contentType, contentEncoding, rows } = batch;
  const nowSeconds = Math.floor(nowMs / 1000);
  const source = 'ew/12345/1.2.0';
  const message = {
    stream,
    body,
    contentType,
    contentEncoding,
    rows,
    batchId: id,
    source,
    token: BEARER_TOKEN,
    ...BATCH_KEY,
    nowSeconds,
  };
  const request = batchRequest(message);
  const parsed = {
    method: 'POST',
    path: request.path,
    rawQueryString: '',
    query: {},
    cookies: [],
    headers: request.headers,
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    body: request.body,
  };
  const facts = {
    requestId: randomUUID(),
    routeKey: 'POST /v1/streams/{stream}/batches',
    parameters: { stream },
    timeEpoch: nowMs,
  };
  return authorizedEvent(parsed, facts, {
    principal: PRINCIPAL,
    auth: 'token',
    iss: 'https://issuer.example',
    sub: 'ew:12345',
    clientId: 'ew:12345',
    jti: 'test',
    kid: 'test',
    exp: nowSeconds + 3_600,
  });
}
