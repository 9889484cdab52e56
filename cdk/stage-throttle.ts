import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Config } from '../config/schema.ts';

/**
 * What all senders together may send: twice the declared peaks. ClickHouse recognises a repeated batch over a window that is
 * sized to twice the signature's life at the declared peak (design §3.5), so at this rate it still covers the whole life once.
 */
export function stageThrottle(streams: Config['streams']): Required<ThrottleSettings> {
  const peak = Object.values(streams).reduce((sum, { peakInsertsPerSecond }) => sum + peakInsertsPerSecond, 0);
  const rateLimit = Math.ceil(2 * peak);
  // Enough for EdgeWorkers that all start at once, whatever the declared peak.
  return { rateLimit, burstLimit: Math.max(rateLimit, 100) };
}
