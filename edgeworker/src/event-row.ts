import type { KeyCache } from './make-mac.ts';
import type { EdgePlatform, VisitorRequest, VisitorResponse } from './platform.ts';
import { sampleRate } from './sample-request.ts';
import type { EdgeSettings } from './settings.ts';
import { type VisitorFields, visitorFields } from './visitor-fields.ts';

/**
 * The event of one request, as the settings shape it: what is undefined stays out of the JSON, and NULL in the table.
 *
 * @param response undefined while there is none
 * @returns undefined for a request that sampling leaves out
 */
export async function eventRow(
  request: VisitorRequest,
  response: VisitorResponse | undefined,
  settings: Pick<EdgeSettings, 'columns' | 'clientIp' | 'sampling'>,
  platform: Pick<EdgePlatform, 'crypto' | 'encodeUtf8' | 'now' | 'warn'>,
  keys: KeyCache = {},
): Promise<VisitorFields | undefined> {
  const { sampling } = settings;
  if (sampling === undefined) return visitorFields(request, settings, platform, response, keys);
  const rate = sampleRate(request, response, sampling, platform);
  if (rate === 0) return undefined;
  return { ...(await visitorFields(request, settings, platform, response, keys)), [sampling.column]: rate };
}
