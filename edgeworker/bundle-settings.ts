import type { Config } from '../config/schema.ts';
import type { EdgeSettings } from './src/settings.ts';

/** The two bundles. */
export const BUNDLE_HANDLERS = ['collector', 'request-event'] as const;
export type BundleHandler = (typeof BUNDLE_HANDLERS)[number];

export class EdgeConfigMissingError extends Error {
  override readonly name = 'EdgeConfigMissingError';
  readonly code = 'EDGE_CONFIG_MISSING';
  constructor(member: string, meaning: string) {
    super(`The config has no ${member}. Expected: ${meaning}. Next: set it in edgehouse.config.ts.`);
  }
}

export interface BundleIdentity {
  /** The bundle's version; the last part of its `Edge-Source`. */
  readonly version: string;
  /** Reference of the EdgeKV access token. */
  readonly accessReference: string;
  /** Hostname of the Akamai property in front of the API. */
  readonly apiHost: string;
}

/** Which member of `edge` makes which bundle. */
export const BUNDLE_SECTIONS = { collector: 'collector', 'request-event': 'requestEvents' } as const;

/**
 * 64 KiB is also what a browser lets a page send while it goes away (`sendBeacon`, `fetch` with `keepalive`). 450,000 characters
 * are 500 events with the longest user agent that is kept: columns of long headers and cookies would fill the 2 MB of the smallest tier.
 */
const LIMITS = { maxBodyBytes: 65_536, maxEvents: 500, maxSentChars: 450_000 } as const;

/**
 * What is built into a bundle.
 *
 * @throws EdgeConfigMissingError where the config names no EdgeWorker for it
 */
export function bundleSettings(
  { edge }: Pick<Config, 'edge'>,
  handler: BundleHandler,
  { version, accessReference, apiHost }: BundleIdentity,
): EdgeSettings {
  const section = BUNDLE_SECTIONS[handler];
  const worker = edge[section];
  if (worker === undefined) throw new EdgeConfigMissingError(`edge.${section}`, 'edgeWorkerId and stream');
  return {
    apiOrigin: `https://${apiHost}`,
    stream: worker.stream,
    source: `ew/${worker.edgeWorkerId}/${version}`,
    edgeKv: {
      namespace: edge.namespace,
      group: edge.group,
      item: String(worker.edgeWorkerId),
      accessReference,
    },
    allowedOrigins: edge.allowedOrigins,
    limits: LIMITS,
    columns: worker.columns,
    clientIp: worker.clientIp,
    ...('handler' in worker && { handler: worker.handler }),
    ...('sampling' in worker && { sampling: worker.sampling }),
    ...('visitorRate' in worker && { visitorRate: worker.visitorRate }),
  };
}
