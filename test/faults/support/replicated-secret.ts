import { createHash } from 'node:crypto';
import { SecretChangedError, type VersionedSecretStore } from '../../../functions/rotation/versioned-secret-store.ts';
import { type SecretStore, SecretUnavailableError } from '../../../functions/shared/secret-store.ts';

export interface ReplicatedSecret {
  readonly primary: VersionedSecretStore & SecretStore;
  /** The replica of a region: every write arrives there late. `isDown`: the store answers nobody. */
  replica(isDown: () => boolean): SecretStore;
  /** Every text that it ever had. */
  readonly history: readonly string[];
}

/** A secret of one region that is copied to others, each time after another delay (milliseconds). */
export function replicatedSecret(first: string, clock: () => number, delay: () => number): ReplicatedSecret {
  const history = [first];
  const replicas: { writes: readonly { readonly text: string; readonly at: number }[] }[] = [];
  const current = () => history.at(-1) ?? first;
  const versionOf = (text: string) => createHash('sha256').update(text).digest('hex');
  return {
    history,
    primary: {
      read: async () => current(),
      readVersion: async () => ({ text: current(), version: versionOf(current()) }),
      async write(name, text, expected) {
        if (versionOf(current()) !== expected) throw new SecretChangedError(name);
        history.push(text);
        for (const replica of replicas) replica.writes = [...replica.writes, { text, at: clock() + delay() }];
      },
    },
    replica(isDown) {
      const replica = { writes: [{ text: first, at: Number.NEGATIVE_INFINITY }] };
      replicas.push(replica);
      return {
        async read(name) {
          if (isDown()) throw new SecretUnavailableError(name);
          return replica.writes.findLast(({ at }) => at <= clock())?.text ?? first;
        },
      };
    },
  };
}
