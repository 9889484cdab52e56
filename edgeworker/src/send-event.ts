import { type Delivery, deliverBatch, describeDelivery } from './deliver-batch.ts';
import { eventRow } from './event-row.ts';
import type { VisitorRequest, VisitorResponse } from './platform.ts';
import type { EdgeSettings } from './settings.ts';
import { uuidV7 } from './uuid.ts';

export interface EventDelivery extends Delivery {
  readonly settings: Delivery['settings'] & Pick<EdgeSettings, 'columns' | 'clientIp' | 'sampling'>;
}

/**
 * Sends the event of one request, at most once, and without anybody waiting: Akamai tries to finish a promise that a handler
 * left behind. Returns at once, never throws, and leaves request and response alone.
 *
 * @param response undefined where the event is sent before there is one
 */
export function sendEvent(
  request: VisitorRequest,
  response: VisitorResponse | undefined,
  delivery: EventDelivery,
): void {
  send(request, response, delivery).catch(() =>
    delivery.platform.warn('an event was lost: it could not be read, signed or sent'),
  );
}

async function send(
  request: VisitorRequest,
  response: VisitorResponse | undefined,
  delivery: EventDelivery,
): Promise<void> {
  const { settings, platform, cache } = delivery;
  const row = await eventRow(request, response, settings, platform, cache);
  if (row === undefined) return;
  const result = await deliverBatch(uuidV7(platform), [row], delivery);
  if (result.kind === 'answered' && (result.status === 200 || result.status === 202)) return;
  platform.warn(`an event was lost: ${describeDelivery(result)}`);
}
