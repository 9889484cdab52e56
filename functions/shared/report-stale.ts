import { describeFault } from './describe-fault.ts';
import type { StaleSecret } from './secret-cache.ts';
import type { Telemetry } from './telemetry.ts';

/** Counts and logs that a secret could not be read anew: what serves on may be an hour old at most. */
export function reportStale(telemetry: Telemetry): (stale: StaleSecret) => void {
  return ({ name, ageMs, cause }) => {
    telemetry.count('SecretStale', 1);
    telemetry.warn('A secret could not be read anew, and its last good value serves on', {
      secret: name,
      ageSeconds: Math.floor(ageMs / 1000),
      ...describeFault(cause),
    });
  };
}
