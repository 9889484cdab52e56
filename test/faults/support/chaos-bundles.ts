import { requestColumns, responseColumns, visitorColumns } from '../../../config/edge-columns.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { buildBundle } from '../../../edgeworker/build-bundle.ts';
import { bundleSettings } from '../../../edgeworker/bundle-settings.ts';
import type { EdgeSettings } from '../../../edgeworker/src/settings.ts';
import type { ChaosBundle } from './chaos-cases.ts';
import { API_HOST } from './chaos-world.ts';

/** What the cases give one address. */
export const RATE = { batchesPerMinute: 2, kilobytesPerMinute: 64 } as const;
/** Holds the key of the addresses. */
export const KEY_VARIABLE = 'PMUSER_CLIENT_IP_KEY';

const VERSION = '1.0.0';
const NAMED = {
  language: { header: 'accept-language' },
  session: { cookie: 'sid' },
  plan: { variable: 'PMUSER_PLAN' },
};
const TIMED = { ...requestColumns, ...responseColumns, duration_ms: { timing: 'duration' } };
const HASHED = { hashWith: KEY_VARIABLE };

/** What the config says of each EdgeWorker besides id and stream: every way to shape an event is in one of them. */
const WORKERS: Readonly<Record<ChaosBundle, object>> = {
  collector: { visitorRate: RATE },
  'collector-shaped': {
    visitorRate: RATE,
    clientIp: HASHED,
    columns: { ...visitorColumns, ...NAMED, latitude: { geo: 'latitude' }, site: { constant: 'shop' } },
  },
  late: { columns: TIMED },
  'late-sampled': {
    clientIp: HASHED,
    columns: { ...TIMED, ...NAMED },
    sampling: { rate: 0.5, by: { cookie: 'sid' }, always: { paths: ['/checkout*'] } },
  },
  early: { handler: 'onClientRequest' },
  'early-full': { handler: 'onClientRequest', clientIp: 'full', sampling: { rate: 0.5, column: 'kept' } },
};

export function isCollector(bundle: ChaosBundle): boolean {
  return bundle.startsWith('collector');
}

export function chaosSettings(bundle: ChaosBundle, edgeWorkerId: number): EdgeSettings {
  const section = isCollector(bundle) ? 'collector' : 'requestEvents';
  const { edge } = parseConfig({
    streams: { web_events: {} },
    edge: {
      edgeWorkerIds: [edgeWorkerId],
      allowedOrigins: ['https://www.example.com'],
      [section]: { edgeWorkerId, stream: 'web_events', ...WORKERS[bundle] },
    },
  });
  const identity = { version: VERSION, accessReference: 'reference', apiHost: API_HOST };
  return bundleSettings({ edge }, handlerOf(bundle), identity);
}

/** The bundle as `npm run edge:build` makes it, for an EdgeWorker of its own. */
export async function buildChaosBundle(bundle: ChaosBundle, edgeWorkerId: number): Promise<string> {
  const settings = chaosSettings(bundle, edgeWorkerId);
  return (await buildBundle({ handler: handlerOf(bundle), settings, version: VERSION, description: bundle })).mainJs;
}

function handlerOf(bundle: ChaosBundle) {
  return isCollector(bundle) ? 'collector' : 'request-event';
}
