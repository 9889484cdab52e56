import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Config } from '../../config/schema.ts';
import type { Audit } from '../shared/audit.ts';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { type Clock, seconds } from '../shared/clock.ts';
import { deduplicationKey } from '../shared/deduplication-key.ts';
import { type Identity, readIdentity } from '../shared/identity.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import {
  bytesAsSent,
  countRows,
  decideBatch,
  limitBytes,
  limitRate,
  limitsOf,
  refuseExpiredToken,
  refuseRevokedToken,
  verifyDigest,
  verifySignature,
} from './admit-batch.ts';
import { type BatchKeySecrets, findBatchKeyOf } from './batch-key-finder.ts';
import { createBatchRate } from './batch-rate.ts';
import { createEarlierVerdicts } from './earlier-verdicts.ts';
import { inflate } from './inflate.ts';
import type { IngestEvent, IngestState } from './ingest-state.ts';
import { observeOutcome } from './observe-outcome.ts';
import { createOriginGate } from './origin-gate.ts';
import { parseRows } from './parse-rows.ts';
import { problemResponse } from './problem.ts';
import { readHeaders } from './read-headers.ts';
import { readMediaType } from './read-media-type.ts';
import { makeReceipt, type Receipt } from './receipt.ts';
import { type AdmittedBatch, type StoreOrSpoolDependencies, storeOrSpool } from './store-or-spool.ts';

/** What ingest works with; `handler.ts` composes the AWS ones, the local stack its own. */
export interface IngestDependencies extends Omit<StoreOrSpoolDependencies, 'earlier'>, BatchKeySecrets {
  readonly config: Pick<Config, 'streams' | 'principals' | 'policyHash' | 'production'>;
  readonly region: string;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly telemetry: Telemetry;
}

export type Ingest = (event: IngestEvent, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/** Ingest as one visible chain, in the order in which a batch may fail (design §3.2). */
export function createIngest(deps: IngestDependencies): Ingest {
  const { config, region, clock } = deps;
  const rate = createBatchRate(clock);
  const earlier = createEarlierVerdicts(deps);
  const refuseOrigin = createOriginGate(config.production?.originIps);

  return middy<IngestEvent, APIGatewayProxyStructuredResultV2, Error, Context, IngestState>({ timeoutEarlyInMillis: 0 })
    .use(observeOutcome(deps))
    .onError((request) => {
      request.response = problemResponse(
        request.error,
        request.event.requestContext.requestId,
        request.internal.receipt,
      );
    })
    .before(({ event, internal }) => {
      internal.startedAt = clock();
      internal.stream = event.pathParameters?.['stream'] ?? '';
      internal.identity = identityOf(event);
      refuseOrigin(event.requestContext.http.sourceIp);
      internal.limits = limitsOf(config, internal.stream, internal.identity.principal);
      internal.headers = readHeaders(event.headers, internal.identity.auth);
    })
    .before(({ event, internal: { headers }, internal }) => {
      internal.mediaType = readMediaType(headers.contentType, headers.contentEncoding, event.isBase64Encoded);
    })
    .before(({ event, internal }) => {
      internal.bytes = bytesAsSent(event);
      internal.sentBytes = internal.bytes.length;
      limitBytes(internal.sentBytes, internal.limits.bytes);
    })
    .before(({ internal: { identity } }) => {
      refuseExpiredToken(identity, seconds(clock));
      refuseRevokedToken(config, identity);
    })
    .before(({ internal }) => verifyDigest(internal.bytes, internal.headers.contentDigest))
    .before(async ({ event, internal: { identity, headers, stream } }) => {
      const findKey = await findBatchKeyOf(identity, event.headers['authorization'], deps);
      verifySignature(headers, stream, findKey, seconds(clock));
    })
    .before(({ internal }) => {
      const { identity, stream, headers } = internal;
      internal.decision = decideBatch(config, identity.principal, stream, headers.source, region);
      // Not before: whoever holds a token without its key must not use up the rate of its owner.
      limitRate(config, identity.principal, rate);
    })
    .before(async ({ event, internal }) => {
      const body = await bodyOf(event, internal);
      internal.bodyBytes = body.length;
      internal.rows = parseRows(body, internal.mediaType);
      // Megabytes, of which the event has the same: the spool, should it be needed, takes them from there.
      internal.bytes = Buffer.alloc(0);
      countRows(internal.rows.values.length, internal.headers.rows, internal.limits.rows);
    })
    .before(async ({ event, internal, context }) => {
      const admitted = admittedBatch(event, internal, config, region);
      const remaining = () => context.getRemainingTimeInMillis();
      internal.outcome = await storeOrSpool({ ...admitted, remaining }, { ...deps, earlier });
    })
    .before(({ internal }) => {
      const { headers, stream, rows, outcome } = internal;
      internal.receipt = makeReceipt(headers.batchId, stream, rows.values.length, outcome);
      if (internal.receipt.outcome !== 'quarantined') return;
      throw new BatchRefusedError('ROWS_REFUSED', `None of ${rows.values.length} rows fits the stream.`);
    })
    .after((request) => {
      request.response = receiptResponse(request.event.requestContext.requestId, request.internal.receipt);
    });
}

/** Without an identity nobody vouches for the caller: the route lost its authorizer, or the authorizer its contract. */
function identityOf(event: IngestEvent): Identity {
  const identity = readIdentity(event.requestContext.authorizer?.lambda);
  if (identity === undefined) throw new BatchRefusedError('POLICY_DENIED', 'The gateway passed no identity on.');
  return identity;
}

/** The body, inflated; as text where the gateway handed it over as text, so that a large one is not decoded twice. */
function bodyOf(
  { body = '', isBase64Encoded }: IngestEvent,
  { bytes, headers: { contentEncoding }, limits }: IngestState,
): string | Promise<Buffer> {
  if (isBase64Encoded || contentEncoding !== undefined) return inflate(bytes, contentEncoding, limits);
  // A surrogate that is alone has no bytes: in those that the digest is over, U+FFFD stands for it.
  return body.toWellFormed();
}

function admittedBatch(
  event: IngestEvent,
  { identity, headers, decision, startedAt, stream, limits, mediaType, rows, bodyBytes }: IngestState,
  { streams, policyHash }: IngestDependencies['config'],
  region: string,
): Omit<AdmittedBatch, 'remaining'> {
  const { inflatedBytes, inflateRatio, rowBytes, patienceMs } = limits;
  return {
    envelope: {
      v: 1,
      key: deduplicationKey(identity.principal, stream, headers.batchId, headers.contentDigest),
      stream,
      stamp: {
        _batch_id: headers.batchId,
        _batch_digest: headers.contentDigest,
        _batch_rows: headers.rows,
        _principal: identity.principal,
        _auth: identity.auth,
        _trust: decision.trust,
        _source: headers.source,
        _region: region,
        _received_at: new Date(startedAt).toISOString(),
      },
      mediaType,
      contentEncoding: headers.contentEncoding === 'gzip' ? 'gzip' : 'identity',
      limits: { inflatedBytes, inflateRatio, rowBytes },
      policyHash,
      ...(identity.iat === undefined ? {} : { tokenIssuedAt: identity.iat }),
    },
    table: streams[stream]?.table ?? stream,
    bytes: () => bytesAsSent(event),
    bodyBytes,
    rows,
    patienceMs,
    requestId: event.requestContext.requestId,
  };
}

function receiptResponse(requestId: string, receipt: Receipt): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: receipt.outcome === 'spooled' ? 202 : 200,
    headers: { 'content-type': 'application/json', 'edgehouse-request-id': requestId },
    body: JSON.stringify(receipt),
  };
}
