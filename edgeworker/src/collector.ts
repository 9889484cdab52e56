import { createResponse } from 'create-response';
import { akamaiPlatform } from './akamai-platform.ts';
import { collect, couldNotFinish } from './collect.ts';
import type { CollectorAnswer } from './collector-answer.ts';
import type { DeliveryCache } from './deliver-batch.ts';
import type { EdgeSettings } from './settings.ts';
import type { VisitorBuckets } from './visitor-rate.ts';

/** Put in by the build. */
declare const EDGE_SETTINGS: EdgeSettings;

const cache: DeliveryCache = {};
const visitors: VisitorBuckets = {};

/** Answers every request that the property's rule sends here: let the rule match `/collect` alone. */
export async function responseProvider(request: EW.ResponseProviderRequest): Promise<object> {
  const { status, headers, body } = await answer(request);
  return createResponse(status, headers, body);
}

async function answer(request: EW.ResponseProviderRequest): Promise<CollectorAnswer> {
  try {
    return await collect(request, { settings: EDGE_SETTINGS, cache, visitors, platform: akamaiPlatform() });
  } catch {
    // What made the platform, or wrote to its log, failed.
    return couldNotFinish();
  }
}
