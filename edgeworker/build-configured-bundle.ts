import type { Config } from '../config/schema.ts';
import { type Bundle, buildBundle } from './build-bundle.ts';
import { type BundleHandler, type BundleIdentity, bundleSettings, EdgeConfigMissingError } from './bundle-settings.ts';

const DESCRIPTIONS: Readonly<Record<BundleHandler, string>> = {
  collector: 'edgehouse: takes batches of events at /collect',
  'request-event': 'edgehouse: sends one event for each request',
};

/** Builds a bundle as the config wants it, for Akamai. @throws EdgeConfigMissingError, BundleRefusedError */
export async function buildConfiguredBundle(
  { edge }: Pick<Config, 'edge'>,
  handler: BundleHandler,
  { version, accessReference }: Pick<BundleIdentity, 'version' | 'accessReference'>,
): Promise<Bundle> {
  const { apiHost, logging } = edge;
  if (apiHost === undefined)
    throw new EdgeConfigMissingError('edge.apiHost', 'the Akamai hostname in front of the API');
  const settings = bundleSettings({ edge }, handler, { version, accessReference, apiHost });
  return buildBundle({ handler, settings, version, description: DESCRIPTIONS[handler], logging });
}
