import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { peakRequests } from '../config/peak-requests.ts';
import type { Config } from '../config/schema.ts';

/** What all senders together may send to a region, as `production.throttle` says or the peaks of the streams allow. */
export function stageThrottle({
  streams,
  production,
}: Pick<Config, 'streams' | 'production'>): Required<ThrottleSettings> {
  const { requestsPerSecond, burst } = production?.throttle ?? {};
  const rateLimit = requestsPerSecond ?? peakRequests(streams);
  // Enough for EdgeWorkers that all start at once, whatever the declared peak.
  return { rateLimit, burstLimit: burst ?? Math.max(rateLimit, 100) };
}
