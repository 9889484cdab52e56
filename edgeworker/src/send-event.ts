import { type Delivery, deliverBatch, describeDelivery } from './deliver-batch.ts';
import { type EventRequest, type EventResponse, eventRow } from './event-row.ts';
import { uuidV7 } from './uuid.ts';

/**
 * Sends the event of one request, at most once, and without anybody waiting: Akamai tries to finish a promise that a handler
 * left behind. Returns at once, never throws, and leaves the response alone.
 */
export function sendEvent(request: EventRequest, response: EventResponse, delivery: Delivery): void {
  const { warn } = delivery.platform;
  try {
    // Read while the handler runs: afterwards the request may be gone.
    const row = eventRow(request, response, delivery.platform);
    deliverBatch(uuidV7(delivery.platform), [row], delivery)
      .then((result) => {
        if (result.kind === 'answered' && (result.status === 200 || result.status === 202)) return;
        warn(`an event was lost: ${describeDelivery(result)}`);
      })
      .catch(() => warn('an event was lost: it could not be signed or sent'));
  } catch {
    warn('an event was lost: the request could not be read');
  }
}
