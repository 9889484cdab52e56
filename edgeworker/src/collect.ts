import { acceptedAnswer, type CollectorAnswer, problemAnswer } from './collector-answer.ts';
import { type Delivery, type DeliveryResult, deliverBatch, describeDelivery } from './deliver-batch.ts';
import { enrichEvent } from './enrich.ts';
import { judgeOrigin, type OriginVerdict } from './origin.ts';
import type { VisitorRequest } from './platform.ts';
import { readBatchId } from './read-batch-id.ts';
import { readEvents } from './read-events.ts';
import { readHeader } from './read-header.ts';
import { readReceipt } from './read-receipt.ts';
import type { EdgeSettings } from './settings.ts';
import { uuidV7 } from './uuid.ts';
import { visitorFields } from './visitor-fields.ts';

export interface CollectRequest extends VisitorRequest {
  readonly method: string;
  readonly scheme?: string | null | undefined;
  readonly host?: string | null | undefined;
  readonly query?: string | null | undefined;
  text(): Promise<string>;
}

export interface Collector extends Delivery {
  readonly settings: EdgeSettings;
}

/**
 * Answers a browser that posts a batch of events: bounds it, adds what the edge knows, sends it on once and says what became of
 * it. Never rejects: a failure of `responseProvider` would be Akamai's own error page.
 *
 * A client that repeats its batch gives it an id and keeps the body: then it is stored once, as long as the visitor's network,
 * place and browser are still the same. Without an id each repetition is a new batch.
 */
export async function collect(request: CollectRequest, collector: Collector): Promise<CollectorAnswer> {
  try {
    const origin = readHeader(request, 'Origin');
    const verdict = judgeOrigin(origin, request, collector.settings.allowedOrigins);
    const answer = await answerBatch(request, verdict, collector);
    if (verdict !== 'allowed' || origin === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': origin, vary: 'Origin' } };
  } catch {
    collector.platform.warn('the collector failed; expected an answer whatever came');
    return problemAnswer('UNAVAILABLE', 'The collector could not finish.');
  }
}

async function answerBatch(
  request: CollectRequest,
  origin: OriginVerdict,
  collector: Collector,
): Promise<CollectorAnswer> {
  const { settings, platform } = collector;
  const { maxBodyBytes } = settings.limits;
  if (request.method !== 'POST') return problemAnswer('METHOD_NOT_ALLOWED', 'Only POST is taken here.');
  if (!isJsonText(readHeader(request, 'Content-Type') ?? '')) {
    return problemAnswer(
      'MEDIA_TYPE_UNSUPPORTED',
      'The Content-Type is neither application/json nor text/plain in UTF-8.',
    );
  }
  if (origin === 'denied') return problemAnswer('ORIGIN_DENIED', 'Origin is missing, or its pages may not post here.');
  if (Number(readHeader(request, 'Content-Length') ?? 0) > maxBodyBytes) {
    return problemAnswer('BODY_TOO_LARGE', `Content-Length is over ${maxBodyBytes}.`);
  }
  const given = readBatchId(readHeader(request, 'Edge-Batch-Id'), request.query);
  if (given.kind === 'malformed') {
    return problemAnswer('BATCH_ID_MALFORMED', 'The batch id is not a UUID, or header and query name different ones.');
  }
  const read = readEvents(await request.text(), settings.limits, platform.encodeUtf8);
  if (read.kind === 'refused') return problemAnswer(read.code, read.detail);

  const batchId = given.kind === 'given' ? given.batchId : uuidV7(platform);
  const visitor = visitorFields(request);
  const rows = read.events.map((event, row) => enrichEvent(event, visitor, batchId, row));
  const result = await deliverBatch(batchId, rows, collector);
  const answer = answerDelivery(result);
  if (answer.status === 503) platform.warn(`a batch was not stored: ${describeDelivery(result)}`);
  return answer;
}

/** text/plain needs no preflight, so `sendBeacon` works across origins. A charset other than UTF-8 would be read wrongly. */
function isJsonText(contentType: string): boolean {
  return /^(application\/json|text\/plain)\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
}

function answerDelivery(result: DeliveryResult): CollectorAnswer {
  if (result.kind !== 'answered') return notStored();
  const receipt = readReceipt(result.text);
  switch (result.status) {
    case 200:
    case 202:
      return receipt === undefined ? notStored() : acceptedAnswer(receipt);
    case 422:
      return receipt === undefined
        ? notStored()
        : problemAnswer('ROWS_REFUSED', 'None of the events fits the stream; they are kept in quarantine.', receipt);
    case 413:
      return problemAnswer('BODY_TOO_LARGE', 'The batch is larger than the service takes.');
    default:
      return notStored();
  }
}

function notStored(): CollectorAnswer {
  return problemAnswer('UNAVAILABLE', 'The service could not take the batch now.');
}
