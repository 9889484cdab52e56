import type { Config } from '../config/schema.ts';
import { buildBundle } from '../edgeworker/build-bundle.ts';
import { BUNDLE_SECTIONS, type BundleHandler, bundleSettings } from '../edgeworker/bundle-settings.ts';
import type { Edge, EdgeRule, OriginTls } from './edge/edge-options.ts';
import { startEdge } from './edge/start-edge.ts';
import { EDGEKV_HOST } from './edgekv/edgekv-service.ts';
import type { EdgeCredentials } from './start-edge-credentials.ts';
import { EVENT_TIME_HEADER } from './traffic/replay-log.ts';

export interface EdgeWorkersOptions {
  readonly config: Config;
  readonly version: string;
  /** Origins. */
  readonly api: string;
  /** What the property shows to an API that asks for a client certificate. @default nothing */
  readonly apiTls?: OriginTls | undefined;
  readonly site: string;
  readonly credentials: Pick<EdgeCredentials, 'url' | 'accessReference'>;
}

/** What the bundles call where the config names no host yet. */
const PLACEHOLDER_HOST = 'events-api.invalid';

/** Paths of the property's rules; the first that matches serves. */
const PATHS: readonly (readonly [BundleHandler, string])[] = [
  ['collector', '/collect'],
  ['request-event', '/*'],
];

/** Builds the bundles as `npm run edge:build` does and runs them at an edge of the tightest tier, in front of site and API. */
export async function startEdgeWorkers(options: EdgeWorkersOptions): Promise<Edge> {
  const { config, version, api, apiTls, site, credentials } = options;
  const { apiHost = PLACEHOLDER_HOST } = config.edge;
  const rules: EdgeRule[] = [];
  for (const [handler, path] of PATHS) {
    const worker = config.edge[BUNDLE_SECTIONS[handler]];
    if (worker === undefined) continue;
    const settings = bundleSettings(config, handler, {
      version,
      apiHost,
      accessReference: credentials.accessReference,
    });
    const { mainJs } = await buildBundle({ handler, settings, version, description: handler });
    // Browsers ask the collector first before they post CSV, or from another origin with a batch id.
    const takesOptions = handler === 'collector';
    rules.push({ path, edgeWorkerId: worker.edgeWorkerId, version, mainJs, takesOptions });
  }
  return startEdge({
    tier: 'basic',
    rules,
    site,
    properties: {
      [apiHost]: { origin: api, allowPost: true, ...(apiTls && { originTls: apiTls }) },
      [EDGEKV_HOST]: { origin: credentials.url, allowPost: false },
    },
    variables: { PMUSER_EVENT_TIME: EVENT_TIME_HEADER },
    constants: addressKeys(config.edge),
  });
}

/** What a property would keep hidden: here nobody's address is worth it. */
function addressKeys({ collector, requestEvents }: Config['edge']): Readonly<Record<string, string>> {
  const named = [collector, requestEvents].flatMap((worker) =>
    worker === undefined || typeof worker.clientIp === 'string' ? [] : [worker.clientIp.hashWith],
  );
  return Object.fromEntries(named.map((name) => [name, 'a key of the local stack, known to all']));
}
