import { answerDelivery } from './answer-delivery.ts';
import { checkSize, countBytes } from './body-limits.ts';
import { checkHead, originDenied } from './check-head.ts';
import { secondsHeld } from './circuit.ts';
import { allowOrigin, type CollectorAnswer, preflightAnswer, problemAnswer } from './collector-answer.ts';
import { type Delivery, deliverEncoded } from './deliver-batch.ts';
import { encodeCsv } from './encode-csv.ts';
import { encodeJson } from './encode-json.ts';
import { judgeOrigin, type OriginVerdict, pageOrigin } from './origin.ts';
import type { VisitorRequest } from './platform.ts';
import type { EdgeSettings } from './settings.ts';
import { uuidV7 } from './uuid.ts';
import { visitorFields } from './visitor-fields.ts';
import { chargeVisitor, type VisitorBuckets, visitorWait } from './visitor-rate.ts';

export interface CollectRequest extends VisitorRequest {
  readonly method: string;
  text(): Promise<string>;
}

export interface Collector extends Delivery {
  readonly settings: EdgeSettings;
  readonly visitors: VisitorBuckets;
}

/**
 * Answers a browser that posts a batch of events: bounds it, adds what the edge knows, sends it on once and says what became of
 * it. Never rejects: a failure of `responseProvider` would be Akamai's own error page.
 *
 * A client that repeats its batch gives it an id and keeps the body: then it is stored once, as long as the visitor's network,
 * place and browser are still the same. Without an id each repetition is a new batch.
 *
 * Nothing is sent twice from here, though Akamai would leave room for it: a second wait for ingest does not fit into the 4 s of the
 * smallest tier, and who posts still has the batch and can wait as `Retry-After` says.
 */
export async function collect(request: CollectRequest, collector: Collector): Promise<CollectorAnswer> {
  const { settings, platform } = collector;
  try {
    const origin = pageOrigin(request);
    const verdict = judgeOrigin(origin, request, settings.allowedOrigins);
    const answer = await answerRequest(request, verdict, collector).catch(() => {
      platform.warn('the collector failed; expected an answer whatever came');
      return couldNotFinish();
    });
    return verdict === 'allowed' && origin !== undefined ? allowOrigin(answer, origin) : answer;
  } catch {
    return couldNotFinish();
  }
}

/** For what nobody foresaw. */
export function couldNotFinish(): CollectorAnswer {
  return problemAnswer('UNAVAILABLE', 'The collector could not finish.');
}

async function answerRequest(
  request: CollectRequest,
  origin: OriginVerdict,
  collector: Collector,
): Promise<CollectorAnswer> {
  switch (request.method) {
    case 'POST':
      return answerBatch(request, origin, collector);
    // Only here where the property lets it through: PMUSER_EW_ENABLE_OPTIONS.
    case 'OPTIONS':
      return origin === 'denied' ? originDenied() : preflightAnswer();
    default:
      return problemAnswer('METHOD_NOT_ALLOWED', 'Only POST is taken here.');
  }
}

async function answerBatch(
  request: CollectRequest,
  origin: OriginVerdict,
  collector: Collector,
): Promise<CollectorAnswer> {
  const { settings, platform, cache, visitors } = collector;
  const { limits, visitorRate } = settings;
  const head = checkHead(request, origin, limits);
  if (head.kind === 'refused') return head.answer;
  // Where Akamai names no address, all would share one rate.
  const bounded = request.clientIp && visitorRate ? { visitor: request.clientIp, rate: visitorRate } : undefined;
  const now = platform.now();
  const retryAfter = bounded === undefined ? 0 : visitorWait(visitors, bounded.visitor, bounded.rate, now);
  if (retryAfter > 0) {
    return problemAnswer('RATE_LIMITED', 'This address has posted more than one visitor may.', { retryAfter });
  }
  // Asked here too, since a batch that will not be sent need not be read.
  const seconds = secondsHeld(cache, now);
  if (seconds > 0) return answerDelivery({ kind: 'held-back', seconds }, cache, platform);

  const text = await request.text();
  const bytes = countBytes(text, limits, platform.encodeUtf8);
  if (bounded !== undefined) chargeVisitor(visitors, bounded.visitor, bounded.rate, bytes, now);
  const tooLarge = checkSize(bytes, limits);
  if (tooLarge !== undefined) return problemAnswer(tooLarge.code, tooLarge.detail);
  const batchId = head.givenId ?? uuidV7(platform);
  const facts = { batchId, visitor: await visitorFields(request, settings, platform, undefined, cache) };
  const batch = head.format === 'csv' ? encodeCsv(text, facts, limits) : encodeJson(text, facts, limits);
  if ('kind' in batch) return problemAnswer(batch.code, batch.detail);
  return answerDelivery(await deliverEncoded(batch, collector), cache, platform);
}
