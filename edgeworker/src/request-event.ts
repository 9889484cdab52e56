import { akamaiPlatform } from './akamai-platform.ts';
import type { CredentialCache } from './credential-cache.ts';
import { sendEvent } from './send-event.ts';
import type { EdgeSettings } from './settings.ts';

/** Put in by the build. */
declare const EDGE_SETTINGS: EdgeSettings;

const cache: CredentialCache = {};

/** Sends one event for each request that the property's rule sends here. */
export function onClientResponse(request: EW.EgressClientRequest, response: EW.EgressClientResponse): void {
  sendEvent(request, response, { settings: EDGE_SETTINGS, cache, platform: akamaiPlatform() });
}
