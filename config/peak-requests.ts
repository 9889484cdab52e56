import type { ConfigSections } from './schema.ts';

/**
 * Requests a second that all senders together may send: twice the declared peaks. ClickHouse recognises a repeated batch over a window
 * that is sized to twice the signature's life at the declared peak (design §3.5), so at this rate it still covers the whole life once.
 */
export function peakRequests(streams: ConfigSections['streams']): number {
  const peak = Object.values(streams).reduce((sum, { peakInsertsPerSecond }) => sum + peakInsertsPerSecond, 0);
  return Math.ceil(2 * peak);
}
