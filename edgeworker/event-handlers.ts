import type { BundleHandler } from './bundle-settings.ts';
import type { EdgeSettings } from './src/settings.ts';

/** The event handlers that a bundle exports, each with the function that it is. Akamai runs and bills every one that is exported. */
export function eventHandlers(
  bundle: BundleHandler,
  { handler = 'onClientResponse', columns }: Pick<EdgeSettings, 'handler' | 'columns'>,
): Readonly<Record<string, string>> {
  if (bundle === 'collector') return { responseProvider: 'responseProvider' };
  if (handler === 'onClientRequest') return { onClientRequest: 'sendEarly' };
  const timed = Object.values(columns).some((source) => 'timing' in source && source.timing === 'duration');
  return { ...(timed ? { onClientRequest: 'startTiming' } : {}), onClientResponse: 'sendLate' };
}
