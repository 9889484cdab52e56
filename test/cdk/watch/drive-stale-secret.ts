import { reportStale } from '../../../functions/shared/report-stale.ts';
import { cachedSecret } from '../../../functions/shared/secret-cache.ts';
import { type SecretStore, SecretUnavailableError } from '../../../functions/shared/secret-store.ts';
import type { Telemetry } from '../../../functions/shared/telemetry.ts';

/** Reads a secret as the handlers do, from a store that answers once and never again. */
export async function driveStaleSecret(telemetry: Telemetry): Promise<void> {
  let reads = 0;
  const store: SecretStore = {
    read: async (name) => {
      if (reads++ > 0) throw new SecretUnavailableError(name);
      return 'text';
    },
  };
  const secret = cachedSecret(store, 'a', String, () => 0, { onStale: reportStale(telemetry) });
  await secret.get();
  secret.expire();
  await secret.get();
}
