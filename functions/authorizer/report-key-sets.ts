import type { Telemetry } from '../shared/telemetry.ts';
import type { KeySetCacheOptions } from './key-set.ts';

/** Counts and logs each fetch of a key set that failed, and whether an older one serves on. */
export function reportKeySets(telemetry: Telemetry): Pick<KeySetCacheOptions, 'onFailure' | 'onStale'> {
  return {
    onFailure: (error) => {
      telemetry.count('KeySetFetchFailed', 1);
      telemetry.warn(error.message, { code: error.code });
    },
    onStale: ({ url, ageMs }) => {
      telemetry.count('KeySetStale', 1);
      telemetry.warn('A key set could not be read anew, and the last one serves on', {
        url,
        ageSeconds: Math.floor(ageMs / 1000),
      });
    },
  };
}
