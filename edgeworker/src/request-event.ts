import { akamaiPlatform } from './akamai-platform.ts';
import type { DeliveryCache } from './deliver-batch.ts';
import type { VisitorRequest, VisitorResponse } from './platform.ts';
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
  send(request, undefined);
}

/** `onClientResponse`: the same, with what the answer says. */
export function sendLate(request: EW.EgressClientRequest, response: EW.EgressClientResponse): void {
  send(request, response);
}

/** `onClientRequest` beside it, for the time that a request takes. */
export function startTiming(request: EW.IngressClientRequest): void {
  startTimer(request, Date);
}

function send(...visit: readonly [request: VisitorRequest, response: VisitorResponse | undefined]): void {
  try {
    sendEvent(...visit, { settings: EDGE_SETTINGS, cache, platform: akamaiPlatform() });
  } catch {
    // What made the platform failed: there is no log either.
  }
}
