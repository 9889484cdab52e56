import { config } from '#config';
import { requestColumns, responseColumns } from '../../../config/edge-columns.ts';
import { buildBundle } from '../../../edgeworker/build-bundle.ts';
import { bundleSettings } from '../../../edgeworker/bundle-settings.ts';
import type { ChaosBundle } from './chaos-cases.ts';
import { RATE } from './chaos-oracle.ts';
import { API_HOST } from './chaos-world.ts';

const VERSION = '1.0.0';

/** The bundle as `npm run edge:build` makes it, for an EdgeWorker of its own. */
export async function buildChaosBundle(bundle: ChaosBundle, edgeWorkerId: number): Promise<string> {
  const { collector, requestEvents } = config.edge;
  if (collector === undefined || requestEvents === undefined) throw new Error('the config names both EdgeWorkers');
  const identity = { version: VERSION, accessReference: 'reference', apiHost: API_HOST };
  const edge = {
    ...config.edge,
    collector: { ...collector, edgeWorkerId, visitorRate: RATE },
    requestEvents: {
      ...requestEvents,
      edgeWorkerId,
      ...(bundle === 'early'
        ? { handler: 'onClientRequest' as const, columns: requestColumns }
        : { columns: { ...requestColumns, ...responseColumns, duration_ms: { timing: 'duration' as const } } }),
    },
  };
  const handler = bundle === 'collector' ? 'collector' : 'request-event';
  const settings = bundleSettings({ edge }, handler, identity);
  return (await buildBundle({ handler, settings, version: VERSION, description: handler })).mainJs;
}
