import { createResponse } from 'create-response';
import { akamaiPlatform } from './akamai-platform.ts';
import { collect } from './collect.ts';
import type { CredentialCache } from './credential-cache.ts';
import type { EdgeSettings } from './settings.ts';

/** Put in by the build. */
declare const EDGE_SETTINGS: EdgeSettings;

const cache: CredentialCache = {};

/** Answers every request that the property's rule sends here: let the rule match `/collect` alone. */
export async function responseProvider(request: EW.ResponseProviderRequest): Promise<object> {
  const { status, headers, body } = await collect(request, {
    settings: EDGE_SETTINGS,
    cache,
    platform: akamaiPlatform(),
  });
  return createResponse(status, headers, body);
}
