import { randomUUID } from 'node:crypto';
import type { IngestEvent } from '../../functions/ingest/ingest-state.ts';
import type { BatchKey } from '../../functions/shared/batch-key.ts';
import { batchRequest } from '../../functions/shared/batch-request.ts';
import type { Identity } from '../../functions/shared/identity.ts';
import { authorizedEvent } from '../../local/gateway/gateway-events.ts';
import type { BodyFormat } from './data-sets.ts';
import { CONTENT_HEADERS } from './encode-rows.ts';

/** Who sends the batches of the bench, and with what. */
export interface Sender {
  readonly identity: Identity;
  readonly source: string;
  readonly token: string;
  readonly batchKey: BatchKey;
}

/** The event by which the gateway hands a signed batch to ingest. Each has a batch id of its own, so none is a retry. */
export function batchEvent(
  sender: Sender,
  stream: string,
  body: Uint8Array,
  format: BodyFormat,
  rows: number,
): IngestEvent {
  const now = Date.now();
  const request = batchRequest({
    stream,
    body,
    ...CONTENT_HEADERS[format],
    rows,
    batchId: randomUUID(),
    source: sender.source,
    token: sender.token,
    ...sender.batchKey,
    nowSeconds: Math.floor(now / 1000),
  });
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
    timeEpoch: now,
  };
  return authorizedEvent(parsed, facts, sender.identity);
}
