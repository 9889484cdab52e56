import { problem } from './describe-issue.ts';
import { peakRequests } from './peak-requests.ts';
import type { ConfigSections } from './schema.ts';

/** What is wrong with `production`, held against the streams. */
export function checkProduction({
  production,
  streams,
}: Pick<ConfigSections, 'production' | 'streams'>): readonly string[] {
  const asked = production?.throttle.requestsPerSecond;
  const most = peakRequests(streams);
  if (asked === undefined || asked <= most) return [];
  const expected = `at most ${most}, twice the streams’ peaks; lower it, or raise a peakInsertsPerSecond`;
  return [problem(['production', 'throttle', 'requestsPerSecond'], String(asked), expected)];
}
