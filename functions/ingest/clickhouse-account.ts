import type { CachedSecret } from '../shared/secret-cache.ts';
import { within } from '../shared/within.ts';
import { StoreError } from './batch-store.ts';
import type { ClickHouseCredential } from './clickhouse-credential.ts';

/** A user of ClickHouse whose password may be rotated at any moment. */
export interface ClickHouseAccount {
  /**
   * Runs with the credential, and once more with one that was read anew where ClickHouse does not know it any more.
   *
   * @param signal bounds the reading of the secret; `work` has to mind it by itself
   * @throws OutOfTimeError where ClickHouse was not asked, because the secret was not there in time
   */
  run<T>(signal: AbortSignal, work: (credential: ClickHouseCredential) => Promise<T>): Promise<T>;
}

/**
 * Each value of the secret is read anew once: where the new one is the same, or is refused as well, every batch asking the secret store
 * again would wear that out too. Then the cache's own time brings the next value.
 */
export function openAccount(secret: CachedSecret<ClickHouseCredential>): ClickHouseAccount {
  let refused: ClickHouseCredential | undefined;

  async function attempt<T>(
    credential: ClickHouseCredential,
    work: (credential: ClickHouseCredential) => Promise<T>,
  ): Promise<T> {
    try {
      const result = await work(credential);
      if (isSame(refused, credential)) refused = undefined;
      return result;
    } catch (error) {
      if (isRefused(error)) refused = credential;
      throw error;
    }
  }

  return {
    async run(signal, work) {
      const credential = await within(signal, secret.get());
      const known = isSame(refused, credential);
      try {
        return await attempt(credential, work);
      } catch (error) {
        if (known || !isRefused(error)) throw error;
        secret.expire(credential);
        const fresh = await within(signal, secret.get());
        if (isSame(fresh, credential)) throw error;
        return attempt(fresh, work);
      }
    },
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof StoreError && error.fault === 'credential';
}

function isSame(one: ClickHouseCredential | undefined, other: ClickHouseCredential): boolean {
  return one?.url === other.url && one.username === other.username && one.password === other.password;
}
