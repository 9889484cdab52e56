import { akamaiPlatform } from './akamai-platform.ts';
import type { DeliveryCache } from './deliver-batch.ts';
import { startTimer } from './request-timer.ts';
import { sendEvent } from './send-event.ts';
import type { EdgeSettings } from './settings.ts';

// The build takes what the config asks for under the name of its event handler, and leaves out the rest: Akamai runs and bills every
// handler that is exported.

/** Put in by the build. */
declare const EDGE_SETTINGS: EdgeSettings;

const cache: DeliveryCache = {};

/** `onClientRequest`: sends one event for each request that the property's rule sends here, before there is an answer. */
export function sendEarly(request: EW.IngressClientRequest): void {
  sendEvent(request, undefined, { settings: EDGE_SETTINGS, cache, platform: akamaiPlatform() });
}

/** `onClientResponse`: the same, with what the answer says. */
export function sendLate(request: EW.EgressClientRequest, response: EW.EgressClientResponse): void {
  sendEvent(request, response, { settings: EDGE_SETTINGS, cache, platform: akamaiPlatform() });
}

/** `onClientRequest` beside it, for the time that a request takes. */
export function startTiming(request: EW.IngressClientRequest): void {
  startTimer(request, akamaiPlatform());
}
