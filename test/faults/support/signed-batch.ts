import { createHash, randomUUID } from 'node:crypto';
import type { IngestEvent } from '../../../functions/ingest/ingest-state.ts';
import { deriveBatchKey } from '../../../functions/shared/batch-key.ts';
import { batchRequest } from '../../../functions/shared/batch-request.ts';
import { contentDigest } from '../../../functions/shared/batch-signature.ts';
import { deduplicationKey } from '../../../functions/shared/deduplication-key.ts';
import type { VersionedKey } from '../../../functions/shared/versioned-keys.ts';
import { authorizedEvent } from '../../../local/gateway/gateway-events.ts';

/** A batch as its sender keeps it until it is told that it is stored or spooled. */
export interface TestBatch {
  readonly id: string;
  readonly body: Buffer;
  readonly rows: number;
  /** Name of its object, should it be spooled. */
  readonly spoolName: string;
  readonly key: string;
}

const STREAM = 'web_events';
const PRINCIPAL = 'web-edge';
export const BEARER_TOKEN = `test.${'x'.repeat(700)}.token`;
export const SIGNING_MASTER: VersionedKey = { version: 1, key: Buffer.alloc(32, 1) };
export const BATCH_KEY = deriveBatchKey(SIGNING_MASTER, BEARER_TOKEN);

/** @param rows as an EdgeWorker makes them, good or bad */
export function makeBatch(rows: readonly unknown[]): TestBatch {
  const id = randomUUID();
  const body = Buffer.from(JSON.stringify(rows));
  const digest = contentDigest(createHash('sha256').update(body).digest());
  const key = deduplicationKey(PRINCIPAL, STREAM, id, digest);
  return { id, body, rows: rows.length, key, spoolName: `spool/${key}` };
}

/** The event by which the gateway hands the batch to ingest, signed now. Sent again, it is another request with the same batch. */
export function eventOf({ id, body, rows }: TestBatch, nowMs: number): IngestEvent {
  const nowSeconds = Math.floor(nowMs / 1000);
  const source = 'ew/12345/1.2.0';
  const contentType = 'application/json';
  const message = {
    stream: STREAM,
    body,
    contentType,
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
    parameters: { stream: STREAM },
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
