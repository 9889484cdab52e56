import type { Config } from '../config/schema.ts';
import { buildConfiguredBundle } from '../edgeworker/build-configured-bundle.ts';
import { type EdgeBundle, EdgeBundleUnusableError } from './edge-bundle.ts';

/**
 * Refuses bundles that are not what `npm run edge:build` would make now: the config or the sources have changed since, and what they say
 * about addresses and columns would not be what goes out.
 *
 * @throws EdgeBundleUnusableError, EdgeConfigMissingError, BundleRefusedError
 */
export async function refuseStaleBundles(bundles: readonly EdgeBundle[], config: Pick<Config, 'edge'>): Promise<void> {
  for (const { file, handler, version, accessReference, tgz } of bundles) {
    const built = await buildConfiguredBundle(config, handler, { version, accessReference });
    if (!built.tgz.equals(tgz)) {
      throw new EdgeBundleUnusableError(file, 'it is not what this config and these sources make now');
    }
  }
}
